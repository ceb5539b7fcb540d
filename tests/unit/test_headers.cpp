// Holds nothing: GoogleTest's headers are compiled with it, once for all tests.
