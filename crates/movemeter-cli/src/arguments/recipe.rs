//! What can be typed about recipe files.

use std::path::PathBuf;

use clap::Args;

/// Settings and windows from a file, and into one.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Recipe")]
pub struct RecipeArguments {
    /// Measure by the settings and windows of this file: a recipe (.toml), or a table or session, which hold their own. Options
    /// given beside it come first; windows given beside it replace all of its own.
    #[arg(long, value_name = "FILE")]
    pub recipe: Option<PathBuf>,

    /// Save all settings and windows in this file (.toml), which explains each; for --recipe.
    #[arg(long, value_name = "FILE", conflicts_with = "each")]
    pub save_recipe: Option<PathBuf>,
}
