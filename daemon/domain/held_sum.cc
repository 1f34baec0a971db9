#include "domain/held_sum.h"

#include "domain/money.h"

namespace packwarden {

std::string money_sum_text(MoneyMicros micros) {
  return sign_if_held(micros) + money_text(micros);
}

}  // namespace packwarden
