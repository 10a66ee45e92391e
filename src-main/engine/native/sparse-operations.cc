// TensorFlow's operation TouchstoneSparseProduct, in one thread:
//
//   a [rows, inner] · b [inner, columns] + bias [columns]      with transpose_a: a [inner, rows]ᵀ · b [inner, columns]
//
//   inputs      a, b: float32 matrices; bias: none or one float32 vector (only without transpose_a)
//   attributes  transpose_a; background: the value that most elements of a have
#include "sparse-operations.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <cstdint>
#include <string>

#include "sparse-product.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_status.h"
#include "tensorflow/c/tf_tensor.h"

// What is needed of tensorflow/c/kernels.h, which the library's packages have without the headers that it includes.
extern "C" {
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;
TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*), void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder* builder, TF_Status* status);
void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction* construction, const char* name, unsigned char* value, TF_Status* status);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction* construction, const char* name, float* value, TF_Status* status);
void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction* construction, TF_Status* status);
int TF_NumInputs(TF_OpKernelContext* context);
void TF_GetInput(TF_OpKernelContext* context, int index, TF_Tensor** tensor, TF_Status* status);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext* context, int index, TF_DataType type, const int64_t* dims, int rank, size_t bytes, TF_Status* status);
void TF_OpKernelContext_Failure(TF_OpKernelContext* context, TF_Status* status);
}

namespace touchstone {
namespace {

constexpr char NAME[] = "TouchstoneSparseProduct";

struct Attributes {
  bool transposed = false;
  float background = 0;
};

struct Status {
  TF_Status* value = TF_NewStatus();
  ~Status() { TF_DeleteStatus(value); }
  bool ok() const { return TF_GetCode(value) == TF_OK; }
};

/** An input of the operation for as long as it computes. */
struct Input {
  TF_Tensor* tensor = nullptr;
  Input(TF_OpKernelContext* context, int index, TF_Status* status) { TF_GetInput(context, index, &tensor, status); }
  ~Input() { if (tensor != nullptr) TF_DeleteTensor(tensor); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  const float* data() const { return static_cast<const float*>(TF_TensorData(tensor)); }
  bool hasRank(int rank) const { return TF_NumDims(tensor) == rank; }
  long size(int axis) const { return static_cast<long>(TF_Dim(tensor, axis)); }
};

void refuse(TF_OpKernelContext* context, TF_Status* status, const std::string& message) {
  TF_SetStatus(status, TF_INVALID_ARGUMENT, (std::string(NAME) + ": " + message).c_str());
  TF_OpKernelContext_Failure(context, status);
}

void* create(TF_OpKernelConstruction* construction) {
  auto* attributes = new Attributes();
  Status status;
  unsigned char transposed = 0;
  TF_OpKernelConstruction_GetAttrBool(construction, "transpose_a", &transposed, status.value);
  if (status.ok()) TF_OpKernelConstruction_GetAttrFloat(construction, "background", &attributes->background, status.value);
  if (!status.ok()) TF_OpKernelConstruction_Failure(construction, status.value);
  attributes->transposed = transposed != 0;
  return attributes;
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

void compute(void* kernel, TF_OpKernelContext* context) {
  static thread_local Workspace workspace;
  const auto& [transposed, background] = *static_cast<const Attributes*>(kernel);
  Status status;
  const Input a(context, 0, status.value), b(context, 1, status.value);
  if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
  if (!a.hasRank(2) || !b.hasRank(2)) return refuse(context, status.value, "expects two matrices");
  if (a.size(transposed ? 0 : 1) != b.size(0)) return refuse(context, status.value, "the inner dimensions differ");
  const long rows = a.size(0), inner = a.size(1), columns = b.size(1);
  const int64_t shape[] = {transposed ? inner : rows, columns};
  TF_Tensor* output = TF_AllocateOutput(context, 0, TF_FLOAT, shape, 2, sizeof(float) * shape[0] * shape[1], status.value);
  if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
  auto* out = static_cast<float*>(TF_TensorData(output));
  if (transposed) sparseTransposedProduct(rows, inner, columns, a.data(), background, b.data(), out, workspace);
  else if (TF_NumInputs(context) == 2) sparseProduct(rows, inner, columns, a.data(), background, b.data(), nullptr, out, workspace);
  else {
    const Input bias(context, 2, status.value);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.value);
    else if (!bias.hasRank(1) || bias.size(0) != columns) refuse(context, status.value, "the bias does not fit the columns");
    else sparseProduct(rows, inner, columns, a.data(), background, b.data(), bias.data(), out, workspace);
  }
  TF_DeleteTensor(output);
}

void unknownShape(TF_ShapeInferenceContext* context, TF_Status* status) { TF_ShapeInferenceContextSetUnknownShape(context, status); }

}  // namespace

bool registerSparseOperations() {
  // With AVX-512 the libraries multiply about twice as fast; whether anything is gained there was not measured.
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || __builtin_cpu_supports("avx512f")) return false;
  Status status;
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(NAME);
  for (const char* attribute : {"biases: int >= 0 = 0", "transpose_a: bool = false", "background: float = 0.0"}) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  for (const char* input : {"a: float", "b: float", "bias: biases * float"}) TF_OpDefinitionBuilderAddInput(definition, input);
  TF_OpDefinitionBuilderAddOutput(definition, "product: float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknownShape);
  TF_RegisterOpDefinition(definition, status.value);
  if (!status.ok()) return false;
  TF_RegisterKernelBuilder(NAME, TF_NewKernelBuilder(NAME, "CPU", create, compute, destroy), status.value);
  return status.ok();
}

}  // namespace touchstone

#else

bool touchstone::registerSparseOperations() { return false; }

#endif
