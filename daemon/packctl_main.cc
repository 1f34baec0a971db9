#include "app/packctl_backend.h"

int main(int argc, char** argv) { return packwarden::packctl_main(argc, argv); }
