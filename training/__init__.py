"""The scripts that train the models in the package, each with the data it learns from; `make bench` measures them."""
