//! Trees as part of a state.

use forewarn_core::Result;
use forewarn_kernels::trees::{Node, Tree};

use crate::bytes::{Reader, Writer};

const LEAF: u8 = 0;
const MISSING_RIGHT: u8 = 1;
const MISSING_LEFT: u8 = 2;

/// Writes the nodes of a tree.
pub(crate) fn write(w: &mut Writer, tree: &Tree) {
    w.count(tree.nodes().len());
    for node in tree.nodes() {
        let split = if node.missing_left { MISSING_LEFT } else { MISSING_RIGHT };
        w.byte(if node.children == 0 { LEAF } else { split });
        w.single(node.value);
        w.single(node.cover);
        if node.children > 0 {
            w.index(node.column);
            w.single(node.threshold);
            w.index(node.children);
            w.double(node.gain);
        }
    }
}

/// Reads what [`write`] wrote, of a tree over so many columns.
///
/// # Errors
/// [`forewarn_core::Error::Data`] when the nodes are no tree.
pub(crate) fn read(r: &mut Reader<'_>, columns: usize) -> Result<Tree> {
    let count = r.count(9)?;
    let nodes = (0..count).map(|_| node(r)).collect::<Result<_>>()?;
    Tree::new(nodes, columns).map_err(|i| r.wrong(&format!("node {i} of a tree leads nowhere")))
}

fn node(r: &mut Reader<'_>) -> Result<Node> {
    let kind = r.byte()?;
    let (value, cover) = (r.single()?, r.single()?);
    if kind > MISSING_LEFT || !(value.is_finite() && cover.is_finite()) {
        return Err(r.wrong("a node is of no kind, or adds no number"));
    }
    let leaf = Node { column: 0, threshold: 0.0, missing_left: false, children: 0, value, cover, gain: 0.0 };
    if kind == LEAF {
        return Ok(leaf);
    }
    let (column, threshold, children) = (r.index()?, r.single()?, r.index()?);
    Ok(Node { column, threshold, children, gain: r.double()?, missing_left: kind == MISSING_LEFT, ..leaf })
}
