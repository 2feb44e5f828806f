//! One scale for several maps.

use forewarn_core::Scene;

use crate::ticks;

/// Gives scenes the same scale, so that the same colour means the same in all: the largest of their tops, ticks anew.
/// Scenes of different kinds of scale keep theirs.
pub fn common_scale(scenes: &mut [Scene]) {
    let Some(shade) = scenes.first().map(|scene| scene.legend.shade) else { return };
    if scenes.iter().any(|scene| scene.legend.shade != shade) {
        return;
    }
    let top = scenes.iter().map(|scene| scene.legend.top).fold(0.0, f32::max);
    for scene in scenes {
        scene.legend.top = top;
        scene.legend.ticks = ticks::of(shade, top);
    }
}
