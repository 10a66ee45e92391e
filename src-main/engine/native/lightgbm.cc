// Calls LightGBM's C library from Node. The library is opened by its path when it is asked for, so that the addon is
// built without its headers, and loads where the library is missing. Every function throws an Error of LightGBM's own
// words, or of the loader's.

#include <dlfcn.h>
#include <node_api.h>

#include <cstdint>
#include <string>
#include <vector>

namespace {

using Handle = void*;

// The part of LightGBM's C interface (c_api.h, stable since 3.0) that is used here. Functions answer 0 where all is well.
struct Library {
  const char* (*last_error)();
  int (*log_callback)(void (*)(const char*));
  int (*dataset_create)(const void*, int, int32_t, int32_t, int, const char*, Handle, Handle*);
  int (*dataset_set_field)(Handle, const char*, const void*, int, int);
  int (*dataset_free)(Handle);
  int (*booster_create)(Handle, const char*, Handle*);
  int (*booster_update)(Handle, int*);
  int (*booster_classes)(Handle, int*);
  int (*booster_predict)(Handle, const void*, int, int32_t, int32_t, int, int, int, int, const char*, int64_t*, double*);
  int (*booster_free)(Handle);
};

constexpr int kFloat32 = 0;
constexpr int kFloat64 = 1;
constexpr int kRowMajor = 1;

Library library;
bool is_open = false;

struct Model {
  Handle dataset = nullptr;
  Handle booster = nullptr;
  int32_t columns = 0;

  void Free() {
    if (booster != nullptr) library.booster_free(booster);
    if (dataset != nullptr) library.dataset_free(dataset);
    booster = dataset = nullptr;
  }
};

void Ignore(const char*) {}

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

// The numbers of a typed array of the expected kind; null where it is none.
template <typename T>
T* NumbersOf(napi_env env, napi_value value, napi_typedarray_type expected, size_t* length) {
  bool is_typed = false;
  napi_is_typedarray(env, value, &is_typed);
  if (!is_typed) return nullptr;
  napi_typedarray_type type;
  void* data = nullptr;
  if (napi_get_typedarray_info(env, value, &type, length, &data, nullptr, nullptr) != napi_ok) return nullptr;
  return type == expected ? static_cast<T*>(data) : nullptr;
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
  const bool whole = Resolve(opened, "LGBM_GetLastError", library.last_error) &&
                     Resolve(opened, "LGBM_RegisterLogCallback", library.log_callback) &&
                     Resolve(opened, "LGBM_DatasetCreateFromMat", library.dataset_create) &&
                     Resolve(opened, "LGBM_DatasetSetField", library.dataset_set_field) &&
                     Resolve(opened, "LGBM_DatasetFree", library.dataset_free) &&
                     Resolve(opened, "LGBM_BoosterCreate", library.booster_create) &&
                     Resolve(opened, "LGBM_BoosterUpdateOneIter", library.booster_update) &&
                     Resolve(opened, "LGBM_BoosterGetNumClasses", library.booster_classes) &&
                     Resolve(opened, "LGBM_BoosterPredictForMat", library.booster_predict) &&
                     Resolve(opened, "LGBM_BoosterFree", library.booster_free);
  if (!whole) return Throw(env, "the library lacks a function that is needed: it is another version of LightGBM");
  library.log_callback(Ignore);
  is_open = true;
  return nullptr;
}

// create(values, columns, labels, parameters): a model that has no tree yet, for rows [rows × columns].
napi_value Create(napi_env env, napi_callback_info info) {
  size_t count = 4;
  napi_value given[4];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  size_t size = 0, rows = 0;
  int32_t columns = 0;
  const double* values = NumbersOf<double>(env, given[0], napi_float64_array, &size);
  const float* labels = NumbersOf<float>(env, given[2], napi_float32_array, &rows);
  if (!is_open || values == nullptr || labels == nullptr || napi_get_value_int32(env, given[1], &columns) != napi_ok ||
      columns < 1 || rows < 1 || rows > INT32_MAX || size != rows * static_cast<size_t>(columns))
    return Throw(env, "create wants float64 values [rows × columns], the columns, and float32 labels [rows]");
  const std::string parameters = TextOf(env, given[3]);
  auto* model = new Model();
  model->columns = columns;
  const int32_t height = static_cast<int32_t>(rows);
  if (library.dataset_create(values, kFloat64, height, columns, kRowMajor, parameters.c_str(), nullptr,
                             &model->dataset) != 0 ||
      library.dataset_set_field(model->dataset, "label", labels, height, kFloat32) != 0 ||
      library.booster_create(model->dataset, parameters.c_str(), &model->booster) != 0) {
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

// update(model): one iteration; true where no further tree can be grown.
napi_value Update(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value given[1];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Model* model = ModelOf(env, given[0]);
  if (model == nullptr) return Throw(env, "update wants a model that was not freed");
  int finished = 0;
  if (library.booster_update(model->booster, &finished) != 0) return Throw(env, library.last_error());
  napi_value answer;
  napi_get_boolean(env, finished != 0, &answer);
  return answer;
}

// predict(model, values, raw): float64 [rows × outputs]; probabilities or numbers, or raw scores.
napi_value Predict(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value given[3];
  napi_get_cb_info(env, info, &count, given, nullptr, nullptr);
  Model* model = ModelOf(env, given[0]);
  size_t size = 0;
  const double* values = NumbersOf<double>(env, given[1], napi_float64_array, &size);
  bool raw = false;
  napi_get_value_bool(env, given[2], &raw);
  if (model == nullptr || values == nullptr || size % model->columns != 0 || size / model->columns > INT32_MAX)
    return Throw(env, "predict wants a model that was not freed, and float64 values [rows × columns]");
  const int32_t rows = static_cast<int32_t>(size / model->columns);
  int outputs = 0;
  if (library.booster_classes(model->booster, &outputs) != 0) return Throw(env, library.last_error());
  std::vector<double> result(static_cast<size_t>(rows) * outputs);
  int64_t length = 0;
  if (rows > 0 && library.booster_predict(model->booster, values, kFloat64, rows, model->columns, kRowMajor, raw ? 1 : 0,
                                          0, -1, "num_threads=1", &length, result.data()) != 0)
    return Throw(env, library.last_error());
  void* data = nullptr;
  napi_value buffer, answer;
  napi_create_arraybuffer(env, result.size() * sizeof(double), &data, &buffer);
  std::copy(result.begin(), result.end(), static_cast<double*>(data));
  napi_create_typedarray(env, napi_float64_array, result.size(), buffer, 0, &answer);
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
