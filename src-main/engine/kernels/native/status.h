#pragma once

#include "tensorflow/c/tf_status.h"

namespace touchstone {

/** What TensorFlow says of a call, for as long as it is looked at. */
struct Status {
  TF_Status* value = TF_NewStatus();
  Status() = default;
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;
  ~Status() { TF_DeleteStatus(value); }
  bool ok() const { return TF_GetCode(value) == TF_OK; }
};

}  // namespace touchstone
