//! repository chores
fn main() {}
