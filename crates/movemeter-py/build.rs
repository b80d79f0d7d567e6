//! Says that what is built is loaded by Python, which is not linked.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
