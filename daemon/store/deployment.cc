#include "store/deployment.h"

#include <algorithm>

#include "store/sql_text.h"

namespace packwarden {
namespace {

// The id of a name in a table that only grows: looked up, or added with the next free id.
std::uint32_t intern(Session& session, const std::string& table, const std::string& id_column,
                     const std::string& condition, const std::string& columns,
                     const std::string& values) {
  const std::string look_up = "SELECT " + id_column + " FROM " + table + " WHERE " + condition;
  for (;;) {
    const auto rows = session.query(look_up);
    if (!rows.empty()) return static_cast<std::uint32_t>(to_int(rows[0][0]));
    try {
      session.execute("INSERT INTO " + table + " (" + id_column + "," + columns +
                      ") SELECT COALESCE(MAX(" + id_column + "), 0) + 1," + values + " FROM " +
                      table);
    } catch (const DatabaseError& error) {
      if (error.kind() != DatabaseErrorKind::duplicate_key && !error.is_transient()) throw;
    }
  }
}

}  // namespace

KeyHasher::Secret read_hash_key(Session& session) {
  const auto rows = session.query("SELECT hash_key FROM deployment WHERE id = 1");
  if (rows.empty()) throw DatabaseError(0, "the database has no hash key; run packctl migrate");
  KeyHasher::Secret secret{};
  if (rows[0][0]->size() != secret.size())
    throw DatabaseError(0, "the hash key in table deployment is damaged");
  std::copy(rows[0][0]->begin(), rows[0][0]->end(), secret.begin());
  return secret;
}

void intern_catalogue(Session& session, Catalogue& catalogue) {
  for (Product& product : catalogue.products) {
    const std::string name = session.escape(product.name);
    product.id =
        ProductId{intern(session, "product", "product_id", "name = " + name, "name", name)};
    for (Meter& meter : product.meters) {
      const std::string of = std::to_string(value_of(product.id));
      const std::string meter_name = session.escape(meter.name);
      meter.id = MeterId{intern(session, "meter", "meter_id",
                                "product_id = " + of + " AND name = " + meter_name,
                                "product_id, name", of + "," + meter_name)};
    }
  }
}

}  // namespace packwarden
