"""What happens to a target when parts of an image are hidden: occlusion, and how faithful other heatmaps are."""
