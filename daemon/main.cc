#include "app/daemon.h"

int main(int argc, char** argv) {
  return packwarden::packwardend_main(argc, argv);
}
