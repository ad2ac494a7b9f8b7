"""Seven families of formula-made pictures that the training never uses: only the development and test suites do."""
