#pragma once

namespace touchstone {

/** Makes the operations of operations.cc known to TensorFlow; false where this processor is not one for them. Once per process. */
bool registerOperations();

}  // namespace touchstone
