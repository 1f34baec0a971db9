#pragma once

#include "dedupe/key_hasher.h"
#include "domain/catalogue.h"
#include "store/session.h"

namespace packwarden {

// The key of the dedupe hash, made by `packctl migrate`. Secret: whoever has it can craft ids that
// look the same.
KeyHasher::Secret read_hash_key(Session& session);

// Gives the products and meters of the catalogue their ids, adding those that the database does not
// know yet. Several processes may do so at once.
void intern_catalogue(Session& session, Catalogue& catalogue);

}  // namespace packwarden
