#pragma once

#include <vector>

namespace touchstone {

/** Makes the operations of operations.cc known to TensorFlow, those that this processor has kernels for; answers their names. Once per process. */
std::vector<const char*> registerOperations();

}  // namespace touchstone
