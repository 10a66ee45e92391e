// Calls XGBoost's C library from Node. The library is opened by its path when it is asked for, so that the addon is
// built without its headers, and loads where the library is missing. Every function throws an Error of XGBoost's own
// words, or of the loader's.

#include <dlfcn.h>
#include <node_api.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

namespace {

using Handle = void*;

// The part of XGBoost's C interface (c_api.h) that is used here. Functions answer 0 where all is well.
struct Library {
  const char* (*last_error)();
  int (*matrix_create)(const float*, uint64_t, uint64_t, float, Handle*);
  int (*matrix_set_floats)(Handle, const char*, const float*, uint64_t);
  int (*matrix_free)(Handle);
  int (*booster_create)(const Handle*, uint64_t, Handle*);
  int (*booster_set)(Handle, const char*, const char*);
  int (*booster_update)(Handle, int, Handle);
  int (*booster_predict)(Handle, Handle, const char*, const uint64_t**, uint64_t*, const float**);
  int (*booster_free)(Handle);
};

Library library;
bool is_open = false;

struct Model {
  Handle matrix = nullptr;
  Handle booster = nullptr;
  size_t columns = 0;
  int iterations = 0;

  void Free() {
    if (booster != nullptr) library.booster_free(booster);
    if (matrix != nullptr) library.matrix_free(matrix);
    booster = matrix = nullptr;
  }
};

napi_value Throw(napi_env env, const std::string& message) {
  napi_throw_error(env, nullptr, message.c_str());
  return nullptr;
}

template <typename F>
bool Resolve(void* opened, const char* name, F& function) {
  function = reinterpret_cast<F>(dlsym(opened, name));
  return function != nullptr;
}

std::string TextOf(napi_env env, napi_value value) {
  size_t length = 0;
  if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return "";
  std::string text(length, '\0');
  napi_get_value_string_utf8(env, value, text.data(), length + 1, &length);
  return text;
}

// The numbers of a Float32Array; null where it is none.
const float* NumbersOf(napi_env env, napi_value value, size_t* length) {
  bool is_typed = false;
  napi_is_typedarray(env, value, &is_typed);
  if (!is_typed) return nullptr;
  napi_typedarray_type type;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, length, &data, nullptr, nullptr) != napi_ok) return nullptr;
  return type == napi_float32_array ? static_cast<const float*>(data) : nullptr;
}

Model* ModelOf(napi_env env, napi_value value) {
  void* data = nullptr;
  if (napi_get_value_external(env, value, &data) != napi_ok) return nullptr;
  Model* model = static_cast<Model*>(data);
  return model->booster == nullptr ? nullptr : model;
}

// open(path): opens the library once.
napi_value Open(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value given[1];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  if (is_open) return nullptr;
  void* opened = dlopen(TextOf(env, given[0]).c_str(), RTLD_NOW | RTLD_LOCAL);
  if (opened == nullptr) return Throw(env, dlerror());
  const bool whole = Resolve(opened, "XGBGetLastError", library.last_error) &&
                     Resolve(opened, "XGDMatrixCreateFromMat", library.matrix_create) &&
                     Resolve(opened, "XGDMatrixSetFloatInfo", library.matrix_set_floats) &&
                     Resolve(opened, "XGDMatrixFree", library.matrix_free) &&
                     Resolve(opened, "XGBoosterCreate", library.booster_create) &&
                     Resolve(opened, "XGBoosterSetParam", library.booster_set) &&
                     Resolve(opened, "XGBoosterUpdateOneIter", library.booster_update) &&
                     Resolve(opened, "XGBoosterPredictFromDMatrix", library.booster_predict) &&
                     Resolve(opened, "XGBoosterFree", library.booster_free);
  if (!whole) return Throw(env, "the library lacks a function that is needed: it is another version of XGBoost");
  is_open = true;
  return nullptr;
}

// create(values, columns, labels, parameters): a model that has no tree yet, for rows [rows × columns]. NaN is missing;
// parameters are words `name=value` with blanks between.
napi_value Create(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value given[4];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  size_t size = 0, rows = 0;
  int32_t columns = 0;
  const float* values = NumbersOf(env, given[0], &size);
  const float* labels = NumbersOf(env, given[2], &rows);
  if (!is_open || values == nullptr || labels == nullptr || napi_get_value_int32(env, given[1], &columns) != napi_ok ||
      columns < 1 || rows < 1 || size != rows * static_cast<size_t>(columns))
    return Throw(env, "create wants float32 values [rows × columns], the columns, and float32 labels [rows]");
  auto* model = new Model();
  model->columns = static_cast<size_t>(columns);
  bool ok = library.matrix_create(values, rows, model->columns, std::numeric_limits<float>::quiet_NaN(),
                                  &model->matrix) == 0 &&
            library.matrix_set_floats(model->matrix, "label", labels, rows) == 0 &&
            library.booster_create(&model->matrix, 1, &model->booster) == 0;
  std::istringstream words(TextOf(env, given[3]));
  for (std::string word; ok && words >> word;) {
    const size_t equals = word.find('=');
    ok = equals != std::string::npos &&
         library.booster_set(model->booster, word.substr(0, equals).c_str(), word.substr(equals + 1).c_str()) == 0;
  }
  if (!ok) {
    const std::string message = library.last_error();
    model->Free();
    delete model;
    return Throw(env, message);
  }
  napi_value external;
  napi_create_external(
      env, model,
      [](napi_env, void* data, void*) {
        auto* gone = static_cast<Model*>(data);
        gone->Free();
        delete gone;
      },
      nullptr, &external);
  return external;
}

// update(model): one iteration.
napi_value Update(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value given[1];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Model* model = ModelOf(env, given[0]);
  if (model == nullptr) return Throw(env, "update wants a model that was not freed");
  if (library.booster_update(model->booster, model->iterations, model->matrix) != 0)
    return Throw(env, library.last_error());
  model->iterations += 1;
  return nullptr;
}

// predict(model, values): float32 [rows × outputs]; probabilities or numbers.
napi_value Predict(napi_env env, napi_callback_info info) {
  size_t count = 2;
  napi_value given[2];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Model* model = ModelOf(env, given[0]);
  size_t size = 0;
  const float* values = NumbersOf(env, given[1], &size);
  if (model == nullptr || values == nullptr || size % model->columns != 0)
    return Throw(env, "predict wants a model that was not freed, and float32 values [rows × columns]");
  const size_t rows = size / model->columns;
  const float* answers = nullptr;
  size_t length = 0;
  Handle asked = nullptr;
  if (rows > 0) {
    const uint64_t* shape = nullptr;
    uint64_t axes = 0;
    const char* config = "{\"type\":0,\"training\":false,\"iteration_begin\":0,\"iteration_end\":0,\"strict_shape\":false}";
    if (library.matrix_create(values, rows, model->columns, std::numeric_limits<float>::quiet_NaN(), &asked) != 0 ||
        library.booster_predict(model->booster, asked, config, &shape, &axes, &answers) != 0) {
      const std::string message = library.last_error();
      if (asked != nullptr) library.matrix_free(asked);
      return Throw(env, message);
    }
    length = 1;
    for (uint64_t axis = 0; axis < axes; axis += 1) length *= shape[axis];
  }
  void* data = nullptr;
  napi_value buffer, answer;
  napi_create_arraybuffer(env, length * sizeof(float), &data, &buffer);
  std::copy(answers, answers + length, static_cast<float*>(data));
  if (asked != nullptr) library.matrix_free(asked);
  napi_create_typedarray(env, napi_float32_array, length, buffer, 0, &answer);
  return answer;
}

// free(model): its memory goes at once, not when Node collects it.
napi_value FreeModel(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value given[1];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Model* model = ModelOf(env, given[0]);
  if (model != nullptr) model->Free();
  return nullptr;
}

napi_value Init(napi_env env, napi_value exports) {
  const struct {
    const char* name;
    napi_callback call;
  } functions[] = {{"open", Open}, {"create", Create}, {"update", Update}, {"predict", Predict}, {"free", FreeModel}};
  for (const auto& [name, call] : functions) {
    napi_value function;
    napi_create_function(env, name, NAPI_AUTO_LENGTH, call, nullptr, &function);
    napi_set_named_property(env, exports, name, function);
  }
  return exports;
}

}  // namespace

NAPI_MODULE(NODE_GYP_MODULE_NAME, Init)
