"""What `python -m playground bench` measures: one module a benchmark. README.md explains them."""
