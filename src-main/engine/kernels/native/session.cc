// One TensorFlow session that grows: graphs are imported while it lives and share resource variables by name. The addon of
// tfjs-node can only load whole SavedModels, each with variables of its own, so a training step and an evaluation step could
// not use the same parameters.
//
//   open(config: Uint8Array) -> session            a serialised ConfigProto
//   extend(session, graphDef: Uint8Array)
//   prepare(session, feeds: string[], fetches: string[], targets: string[]) -> call    names as "node:index" / "node"
//   run(call, values: TypedArray[], shapes: number[][]) -> { data: TypedArray, shape: number[] }[]
//   close(session)
//   version() -> string
//   operations() -> string[]                         those of operations.cc that graphs may have
#include <node_api.h>

#include <cstring>
#include <string>
#include <vector>

#include "operations.h"
#include "status.h"
#include "subnormals.h"
#include "tensorflow/c/c_api.h"

namespace {

using touchstone::Status;

struct Session {
  TF_Graph* graph = nullptr;
  TF_Session* session = nullptr;
};

struct Call {
  Session* owner = nullptr;
  std::vector<TF_Output> feeds;
  std::vector<TF_Output> fetches;
  std::vector<TF_Operation*> targets;
};

napi_value fail(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

bool bytesOf(napi_env env, napi_value value, void** data, size_t* length, napi_typedarray_type* type) {
  bool typed = false;
  napi_is_typedarray(env, value, &typed);
  if (!typed) return false;
  size_t count = 0, offset = 0;
  napi_value buffer;
  napi_get_typedarray_info(env, value, type, &count, data, &buffer, &offset);
  size_t width = 1;
  switch (*type) {
    case napi_int16_array: case napi_uint16_array: width = 2; break;
    case napi_int32_array: case napi_uint32_array: case napi_float32_array: width = 4; break;
    case napi_float64_array: case napi_bigint64_array: case napi_biguint64_array: width = 8; break;
    default: width = 1;
  }
  *length = count * width;
  return true;
}

template <typename T>
T* pointerOf(napi_env env, napi_value value) {
  void* pointer = nullptr;
  if (napi_get_value_external(env, value, &pointer) != napi_ok) return nullptr;
  return static_cast<T*>(pointer);
}

std::string textOf(napi_env env, napi_value value) {
  size_t length = 0;
  napi_get_value_string_utf8(env, value, nullptr, 0, &length);
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

std::vector<std::string> textsOf(napi_env env, napi_value array) {
  uint32_t length = 0;
  napi_get_array_length(env, array, &length);
  std::vector<std::string> texts;
  for (uint32_t i = 0; i < length; i++) {
    napi_value item;
    napi_get_element(env, array, i, &item);
    texts.push_back(textOf(env, item));
  }
  return texts;
}

bool outputOf(TF_Graph* graph, const std::string& name, TF_Output* out) {
  const size_t colon = name.rfind(':');
  const std::string node = colon == std::string::npos ? name : name.substr(0, colon);
  out->oper = TF_GraphOperationByName(graph, node.c_str());
  out->index = colon == std::string::npos ? 0 : std::stoi(name.substr(colon + 1));
  return out->oper != nullptr;
}

void releaseSession(Session* session) {
  if (session->session == nullptr) return;
  Status status;
  TF_CloseSession(session->session, status.value);
  TF_DeleteSession(session->session, status.value);
  TF_DeleteGraph(session->graph);
  session->session = nullptr;
  session->graph = nullptr;
}

napi_value open(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  void* config = nullptr;
  size_t length = 0;
  napi_typedarray_type type;
  if (argc < 1 || !bytesOf(env, argv[0], &config, &length, &type)) return fail(env, "open: expects the bytes of a ConfigProto");
  Status status;
  TF_SessionOptions* options = TF_NewSessionOptions();
  TF_SetConfig(options, config, length, status.value);
  auto* session = new Session();
  session->graph = TF_NewGraph();
  if (status.ok()) session->session = TF_NewSession(session->graph, options, status.value);
  TF_DeleteSessionOptions(options);
  if (!status.ok()) {
    std::string message = TF_Message(status.value);
    TF_DeleteGraph(session->graph);
    delete session;
    return fail(env, "open: " + message);
  }
  napi_value external;
  napi_create_external(env, session, [](napi_env, void* data, void*) {
    auto* owned = static_cast<Session*>(data);
    releaseSession(owned);
    delete owned;
  }, nullptr, &external);
  return external;
}

napi_value extend(napi_env env, napi_callback_info info) {
  size_t argc = 2;
  napi_value argv[2];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  auto* session = argc < 2 ? nullptr : pointerOf<Session>(env, argv[0]);
  void* bytes = nullptr;
  size_t length = 0;
  napi_typedarray_type type;
  if (session == nullptr || session->session == nullptr || !bytesOf(env, argv[1], &bytes, &length, &type)) return fail(env, "extend: expects an open session and the bytes of a GraphDef");
  Status status;
  TF_Buffer* buffer = TF_NewBufferFromString(bytes, length);
  TF_ImportGraphDefOptions* options = TF_NewImportGraphDefOptions();
  TF_GraphImportGraphDef(session->graph, buffer, options, status.value);
  TF_DeleteImportGraphDefOptions(options);
  TF_DeleteBuffer(buffer);
  if (!status.ok()) return fail(env, std::string("extend: ") + TF_Message(status.value));
  return nullptr;
}

napi_value prepare(napi_env env, napi_callback_info info) {
  size_t argc = 4;
  napi_value argv[4];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  auto* session = argc < 4 ? nullptr : pointerOf<Session>(env, argv[0]);
  if (session == nullptr || session->session == nullptr) return fail(env, "prepare: expects an open session and three lists of names");
  auto* call = new Call();
  call->owner = session;
  for (int list = 0; list < 3; list++) {
    for (const auto& name : textsOf(env, argv[1 + list])) {
      TF_Output output;
      if (!outputOf(session->graph, name, &output)) {
        delete call;
        return fail(env, "prepare: the graph has no node " + name);
      }
      if (list == 0) call->feeds.push_back(output);
      if (list == 1) call->fetches.push_back(output);
      if (list == 2) call->targets.push_back(output.oper);
    }
  }
  napi_value external;
  napi_create_external(env, call, [](napi_env, void* data, void*) { delete static_cast<Call*>(data); }, nullptr, &external);
  return external;
}

napi_value run(napi_env env, napi_callback_info info) {
  size_t argc = 3;
  napi_value argv[3];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  auto* call = argc < 3 ? nullptr : pointerOf<Call>(env, argv[0]);
  if (call == nullptr || call->owner->session == nullptr) return fail(env, "run: the session of this call is closed");
  uint32_t given = 0;
  napi_get_array_length(env, argv[1], &given);
  if (given != call->feeds.size()) return fail(env, "run: expects " + std::to_string(call->feeds.size()) + " values, got " + std::to_string(given));

  std::vector<TF_Tensor*> inputs;
  auto release = [&inputs]() { for (auto* tensor : inputs) TF_DeleteTensor(tensor); };
  for (uint32_t i = 0; i < given; i++) {
    napi_value value, shape;
    napi_get_element(env, argv[1], i, &value);
    napi_get_element(env, argv[2], i, &shape);
    void* data = nullptr;
    size_t length = 0;
    napi_typedarray_type type;
    if (!bytesOf(env, value, &data, &length, &type)) { release(); return fail(env, "run: value " + std::to_string(i) + " is not a typed array"); }
    uint32_t rank = 0;
    napi_get_array_length(env, shape, &rank);
    std::vector<int64_t> dims(rank);
    for (uint32_t d = 0; d < rank; d++) {
      napi_value dim;
      napi_get_element(env, shape, d, &dim);
      napi_get_value_int64(env, dim, &dims[d]);
    }
    const TF_DataType dtype = TF_OperationOutputType(call->feeds[i]);
    size_t expected = TF_DataTypeSize(dtype);
    for (int64_t dim : dims) expected *= static_cast<size_t>(dim);
    if (expected != length) { release(); return fail(env, "run: value " + std::to_string(i) + " has " + std::to_string(length) + " bytes where its shape needs " + std::to_string(expected)); }
    TF_Tensor* tensor = TF_AllocateTensor(dtype, dims.data(), static_cast<int>(rank), length);
    std::memcpy(TF_TensorData(tensor), data, length);
    inputs.push_back(tensor);
  }

  std::vector<TF_Tensor*> outputs(call->fetches.size(), nullptr);
  Status status;
  {
    const touchstone::WithoutSubnormals inThisThread;
    TF_SessionRun(call->owner->session, nullptr, call->feeds.data(), inputs.data(), static_cast<int>(inputs.size()), call->fetches.data(), outputs.data(),
                  static_cast<int>(outputs.size()), call->targets.data(), static_cast<int>(call->targets.size()), nullptr, status.value);
  }
  release();
  if (!status.ok()) return fail(env, std::string(TF_Message(status.value)));

  napi_value results;
  napi_create_array_with_length(env, outputs.size(), &results);
  for (size_t i = 0; i < outputs.size(); i++) {
    const size_t length = TF_TensorByteSize(outputs[i]);
    void* copy = nullptr;
    napi_value buffer, typed, shape, result;
    napi_create_arraybuffer(env, length, &copy, &buffer);
    std::memcpy(copy, TF_TensorData(outputs[i]), length);
    switch (TF_TensorType(outputs[i])) {
      case TF_FLOAT: napi_create_typedarray(env, napi_float32_array, length / 4, buffer, 0, &typed); break;
      case TF_INT32: napi_create_typedarray(env, napi_int32_array, length / 4, buffer, 0, &typed); break;
      default: napi_create_typedarray(env, napi_uint8_array, length, buffer, 0, &typed);
    }
    const int rank = TF_NumDims(outputs[i]);
    napi_create_array_with_length(env, rank, &shape);
    for (int d = 0; d < rank; d++) {
      napi_value dim;
      napi_create_int64(env, TF_Dim(outputs[i], d), &dim);
      napi_set_element(env, shape, d, dim);
    }
    TF_DeleteTensor(outputs[i]);
    napi_create_object(env, &result);
    napi_set_named_property(env, result, "data", typed);
    napi_set_named_property(env, result, "shape", shape);
    napi_set_element(env, results, i, result);
  }
  return results;
}

napi_value close(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  napi_get_cb_info(env, info, &argc, argv, nullptr, nullptr);
  auto* session = argc < 1 ? nullptr : pointerOf<Session>(env, argv[0]);
  if (session != nullptr) releaseSession(session);
  return nullptr;
}

napi_value version(napi_env env, napi_callback_info) {
  napi_value text;
  napi_create_string_utf8(env, TF_Version(), NAPI_AUTO_LENGTH, &text);
  return text;
}

napi_value operations(napi_env env, napi_callback_info) {
  static const std::vector<const char*> registered = touchstone::registerOperations();
  napi_value names;
  napi_create_array_with_length(env, registered.size(), &names);
  for (size_t i = 0; i < registered.size(); i++) {
    napi_value name;
    napi_create_string_utf8(env, registered[i], NAPI_AUTO_LENGTH, &name);
    napi_set_element(env, names, i, name);
  }
  return names;
}

napi_value init(napi_env env, napi_value exports) {
  const struct { const char* name; napi_callback callback; } functions[] = {{"open", open}, {"extend", extend}, {"prepare", prepare}, {"run", run}, {"close", close}, {"version", version}, {"operations", operations}};
  for (const auto& entry : functions) {
    napi_value function;
    napi_create_function(env, entry.name, NAPI_AUTO_LENGTH, entry.callback, nullptr, &function);
    napi_set_named_property(env, exports, entry.name, function);
  }
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, init)
