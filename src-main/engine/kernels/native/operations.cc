// Touchstone's operations in TensorFlow's graphs, each in one thread.
//
// TouchstoneSparseProduct: a [rows, inner] · b [inner, columns] + bias [columns], or with transpose_a: a [rows, inner]ᵀ · b [rows, columns]
//   inputs      a, b: float32 matrices; bias: none or one float32 vector (only without transpose_a); whole: none, or the product, which becomes the result where it has elements
//   attributes  transpose_a; background: the value that most elements of a have
//
// TouchstoneIfDense: a, or nothing of it, so that what is computed of it takes no time
//   inputs      a: float32 matrix; judged: float32 array
//   attributes  background, share: a as it is where more than this share of `judged` differs from the background; axis: else it has no rows (0) or no columns (1)
//
// TouchstoneRectifiedGradient: d [rows, inner] · w [columns, inner]ᵀ where h [rows, columns] is positive, 0 elsewhere
//   inputs      d, w, h: float32 matrices; whole: d · wᵀ, or a matrix without elements
//
// TouchstoneFilterGradient: the gradient of a convolution's filters [kh, kw, in, out], stride 1
//   inputs      images: float32 [B, H, W, in]; gradient: float32 [B, H', W', out]
//   attributes  height, width: of the filter; top, left: rows and columns of zeros before an image
//
// TouchstoneElementwise: element-wise operations in one pass, see `Chain`
//   inputs      a: float32 arrays of one shape; n: single float32 numbers
//   attributes  arrays, numbers, results: how many inputs and outputs; steps: three integers each, operation (as in `Arithmetic`) and operands; kept: the steps
//               whose values are the outputs
#include "operations.h"

#if defined(__x86_64__) && defined(__GNUC__)

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <numeric>
#include <string>
#include <vector>

#include "kernels.h"
#include "status.h"
#include "tensorflow/c/ops.h"
#include "tensorflow/c/tf_datatype.h"
#include "tensorflow/c/tf_tensor.h"

// What is needed of tensorflow/c/kernels.h, which the library's packages have without the headers that it includes.
extern "C" {
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;
TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device, void* (*create)(TF_OpKernelConstruction*), void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder* builder, TF_Status* status);
void TF_OpKernelConstruction_GetAttrBool(TF_OpKernelConstruction* construction, const char* name, unsigned char* value, TF_Status* status);
void TF_OpKernelConstruction_GetAttrInt64(TF_OpKernelConstruction* construction, const char* name, int64_t* value, TF_Status* status);
void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction* construction, const char* name, float* value, TF_Status* status);
void TF_OpKernelConstruction_GetAttrSize(TF_OpKernelConstruction* construction, const char* name, int32_t* listSize, int32_t* totalSize, TF_Status* status);
void TF_OpKernelConstruction_GetAttrInt64List(TF_OpKernelConstruction* construction, const char* name, int64_t* values, int most, TF_Status* status);
void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction* construction, TF_Status* status);
void TF_GetInput(TF_OpKernelContext* context, int index, TF_Tensor** tensor, TF_Status* status);
void TF_SetOutput(TF_OpKernelContext* context, int index, const TF_Tensor* tensor, TF_Status* status);
TF_Tensor* TF_AllocateOutput(TF_OpKernelContext* context, int index, TF_DataType type, const int64_t* dims, int rank, size_t bytes, TF_Status* status);
TF_Tensor* TF_ForwardInputOrAllocateOutput(TF_OpKernelContext* context, const int* candidates, int count, int output, const int64_t* dims, int rank, int* forwarded, TF_Status* status);
void TF_OpKernelContext_Failure(TF_OpKernelContext* context, TF_Status* status);
}

namespace touchstone {
namespace {

/** An input of the operation for as long as it computes. */
struct Input {
  TF_Tensor* tensor = nullptr;
  Input(TF_OpKernelContext* context, int index, TF_Status* status) { TF_GetInput(context, index, &tensor, status); }
  ~Input() { if (tensor != nullptr) TF_DeleteTensor(tensor); }
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;
  const float* data() const { return static_cast<const float*>(TF_TensorData(tensor)); }
  bool hasRank(int rank) const { return TF_NumDims(tensor) == rank; }
  long elements() const { return static_cast<long>(TF_TensorElementCount(tensor)); }
  long size(int axis) const { return static_cast<long>(TF_Dim(tensor, axis)); }
};

void refuse(TF_OpKernelContext* context, TF_Status* status, const std::string& message) {
  TF_SetStatus(status, TF_INVALID_ARGUMENT, message.c_str());
  TF_OpKernelContext_Failure(context, status);
}

/** Answers a tensor that is there already. */
void answer(TF_OpKernelContext* context, const Input& input, Status& status) {
  TF_SetOutput(context, 0, input.tensor, status.value);
  if (!status.ok()) TF_OpKernelContext_Failure(context, status.value);
}

/** The attributes of an operation, while its kernel is made. */
class Construction {
 public:
  explicit Construction(TF_OpKernelConstruction* construction) : construction_(construction) {}
  ~Construction() { if (!status_.ok()) TF_OpKernelConstruction_Failure(construction_, status_.value); }
  bool flag(const char* name) {
    unsigned char value = 0;
    if (status_.ok()) TF_OpKernelConstruction_GetAttrBool(construction_, name, &value, status_.value);
    return value != 0;
  }
  float number(const char* name) {
    float value = 0;
    if (status_.ok()) TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_.value);
    return value;
  }
  long integer(const char* name) {
    int64_t value = 0;
    if (status_.ok()) TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_.value);
    return static_cast<long>(value);
  }
  std::vector<int64_t> integers(const char* name) {
    int32_t size = 0, total = 0;
    if (status_.ok()) TF_OpKernelConstruction_GetAttrSize(construction_, name, &size, &total, status_.value);
    std::vector<int64_t> values(std::max(size, 0));
    if (status_.ok()) TF_OpKernelConstruction_GetAttrInt64List(construction_, name, values.data(), size, status_.value);
    return values;
  }
  void refuse(const char* message) { TF_SetStatus(status_.value, TF_INVALID_ARGUMENT, message); }

 private:
  TF_OpKernelConstruction* construction_;
  Status status_;
};

/** An output of the operation that is being written. */
struct Output {
  TF_Tensor* tensor = nullptr;
  Output(TF_OpKernelContext* context, long rows, long columns, TF_Status* status) {
    const int64_t shape[] = {rows, columns};
    tensor = TF_AllocateOutput(context, 0, TF_FLOAT, shape, 2, sizeof(float) * rows * columns, status);
  }
  ~Output() { if (tensor != nullptr) TF_DeleteTensor(tensor); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  float* data() const { return static_cast<float*>(TF_TensorData(tensor)); }
};

struct SparseProductKernel {
  static constexpr char NAME[] = "TouchstoneSparseProduct";
  const Kernels& kernels = *kernelsOfThisProcessor();
  bool transposed;
  float background;
  int biases, wholes;

  explicit SparseProductKernel(Construction&& given)
      : transposed(given.flag("transpose_a")), background(given.number("background")), biases(static_cast<int>(given.integer("biases"))), wholes(static_cast<int>(given.integer("wholes"))) {}

  void compute(TF_OpKernelContext* context) const {
    static thread_local Workspace workspace;
    Status status;
    if (wholes > 0) {
      const Input whole(context, 2 + biases, status.value);
      if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
      if (whole.elements() > 0) return answer(context, whole, status);
    }
    const Input a(context, 0, status.value), b(context, 1, status.value);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
    if (!a.hasRank(2) || !b.hasRank(2)) return refuse(context, status.value, "TouchstoneSparseProduct: expects two matrices");
    if (a.size(transposed ? 0 : 1) != b.size(0)) return refuse(context, status.value, "TouchstoneSparseProduct: the inner dimensions differ");
    const long rows = a.size(0), inner = a.size(1), columns = b.size(1);
    const Output output(context, transposed ? inner : rows, columns, status.value);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
    if (transposed) return kernels.sparseTransposedProduct(rows, inner, columns, a.data(), background, b.data(), output.data(), workspace);
    if (biases == 0) return kernels.sparseProduct(rows, inner, columns, a.data(), background, b.data(), nullptr, output.data(), workspace);
    const Input bias(context, 2, status.value);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
    if (!bias.hasRank(1) || bias.size(0) != columns) return refuse(context, status.value, "TouchstoneSparseProduct: the bias does not fit the columns");
    kernels.sparseProduct(rows, inner, columns, a.data(), background, b.data(), bias.data(), output.data(), workspace);
  }
};

struct IfDenseKernel {
  static constexpr char NAME[] = "TouchstoneIfDense";
  const Kernels& kernels = *kernelsOfThisProcessor();
  float background, share;
  long axis;

  explicit IfDenseKernel(Construction&& given) : background(given.number("background")), share(given.number("share")), axis(given.integer("axis")) {}

  void compute(TF_OpKernelContext* context) const {
    Status status;
    const Input a(context, 0, status.value), judged(context, 1, status.value);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
    if (!a.hasRank(2)) return refuse(context, status.value, "TouchstoneIfDense: expects a matrix");
    const long most = static_cast<long>(static_cast<double>(share) * static_cast<double>(judged.elements()));
    if (kernels.manyDiffer(judged.elements(), judged.data(), background, most)) return answer(context, a, status);
    const Output nothing(context, axis == 0 ? 0 : a.size(0), axis == 0 ? a.size(1) : 0, status.value);
    if (!status.ok()) TF_OpKernelContext_Failure(context, status.value);
  }
};

struct RectifiedGradientKernel {
  static constexpr char NAME[] = "TouchstoneRectifiedGradient";
  const Kernels& kernels = *kernelsOfThisProcessor();

  explicit RectifiedGradientKernel(Construction&&) {}

  void compute(TF_OpKernelContext* context) const {
    static thread_local Workspace workspace;
    Status status;
    const Input d(context, 0, status.value), w(context, 1, status.value), h(context, 2, status.value), whole(context, 3, status.value);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
    if (!d.hasRank(2) || !w.hasRank(2) || !h.hasRank(2)) return refuse(context, status.value, "TouchstoneRectifiedGradient: expects matrices");
    const long rows = h.size(0), columns = h.size(1), inner = w.size(1);
    if (d.size(0) != rows || d.size(1) != inner || w.size(0) != columns || (whole.elements() > 0 && whole.elements() != rows * columns)) return refuse(context, status.value, "TouchstoneRectifiedGradient: the matrices do not fit each other");
    const Output output(context, rows, columns, status.value);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
    if (whole.elements() > 0) kernels.whereRectified(rows * columns, whole.data(), h.data(), output.data());
    else kernels.rectifiedGradient(rows, inner, columns, d.data(), w.data(), h.data(), output.data(), workspace);
  }
};

struct FilterGradientKernel {
  static constexpr char NAME[] = "TouchstoneFilterGradient";
  const Kernels& kernels = *kernelsOfThisProcessor();
  long height, width, top, left;

  explicit FilterGradientKernel(Construction&& given) : height(given.integer("height")), width(given.integer("width")), top(given.integer("top")), left(given.integer("left")) {}

  void compute(TF_OpKernelContext* context) const {
    Status status;
    const Input images(context, 0, status.value), gradient(context, 1, status.value);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
    if (!images.hasRank(4) || !gradient.hasRank(4) || images.size(0) != gradient.size(0)) return refuse(context, status.value, "TouchstoneFilterGradient: expects images and as many gradients, both of four dimensions");
    const Convolution convolution{images.size(0), images.size(1), images.size(2), images.size(3), gradient.size(1), gradient.size(2), gradient.size(3), height, width, top, left};
    const int64_t shape[] = {height, width, convolution.in, convolution.out};
    TF_Tensor* output = TF_AllocateOutput(context, 0, TF_FLOAT, shape, 4, sizeof(float) * height * width * convolution.in * convolution.out, status.value);
    if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
    kernels.filterGradient(convolution, images.data(), gradient.data(), static_cast<float*>(TF_TensorData(output)));
    TF_DeleteTensor(output);
  }
};

struct ElementwiseKernel {
  static constexpr char NAME[] = "TouchstoneElementwise";
  const Kernels& kernels = *kernelsOfThisProcessor();
  ChainPlan plan;
  /** Of every result the arrays whose place it may take, those first that nothing reads once it is computed. */
  std::vector<std::vector<int>> candidates;

  explicit ElementwiseKernel(Construction&& given) : plan(planned(chainFrom(given))) {
    for (const long result : plan.chain.results) {
      const auto computed = std::find_if(plan.passes.begin(), plan.passes.end(), [result](const ChainPass& pass) { return pass.step == result; }) - plan.passes.begin();
      std::vector<int> places(plan.chain.arrays);
      std::iota(places.begin(), places.end(), 0);
      std::stable_partition(places.begin(), places.end(), [&](int place) { return plan.lastUses[place] <= computed; });
      candidates.push_back(places);
    }
  }

  static Chain chainFrom(Construction& given) {
    Chain chain{given.integer("arrays"), given.integer("numbers"), {}, {}};
    const std::vector<int64_t> steps = given.integers("steps"), kept = given.integers("kept");
    bool known = true;
    for (size_t i = 0; i + 2 < steps.size(); i += 3) {
      const int64_t before = chain.arrays + chain.numbers + static_cast<int64_t>(i / 3);
      known = known && steps[i] >= 0 && steps[i] <= static_cast<int64_t>(Arithmetic::ROOT) && std::min(steps[i + 1], steps[i + 2]) >= 0 && std::max(steps[i + 1], steps[i + 2]) < before;
      chain.steps.push_back({static_cast<Arithmetic>(steps[i]), static_cast<long>(steps[i + 1]), static_cast<long>(steps[i + 2])});
    }
    for (const int64_t step : kept) {
      known = known && step >= 0 && step < static_cast<int64_t>(chain.steps.size());
      chain.results.push_back(static_cast<long>(step));
    }
    if (known) return chain;
    given.refuse("TouchstoneElementwise: a step has an operation or operand that does not exist");
    return {chain.arrays, chain.numbers, {}, {}};
  }

  void compute(TF_OpKernelContext* context) const {
    static thread_local Workspace workspace;
    const Chain& chain = plan.chain;
    Status status;
    std::vector<const float*> arrays;
    std::vector<float> numbers;
    std::vector<int64_t> shape;
    int64_t count = 0;
    for (int i = 0; i < chain.arrays + chain.numbers; i++) {
      // Given back at once, while the operation holds it: an array that nothing else needs may become a result.
      const Input input(context, i, status.value);
      if (!status.ok()) return TF_OpKernelContext_Failure(context, status.value);
      const int64_t elements = TF_TensorElementCount(input.tensor);
      if (i == 0) {
        count = elements;
        for (int axis = 0; axis < TF_NumDims(input.tensor); axis++) shape.push_back(input.size(axis));
      }
      if (elements != (i < chain.arrays ? count : 1)) return refuse(context, status.value, "TouchstoneElementwise: expects arrays of one size, then single numbers");
      if (i < chain.arrays) arrays.push_back(input.data());
      else numbers.push_back(*input.data());
    }
    std::vector<TF_Tensor*> outputs;
    std::vector<float*> results;
    for (size_t i = 0; i < chain.results.size(); i++) {
      int forwarded = -1;
      TF_Tensor* output = TF_ForwardInputOrAllocateOutput(context, candidates[i].data(), static_cast<int>(candidates[i].size()), static_cast<int>(i), shape.data(), static_cast<int>(shape.size()), &forwarded, status.value);
      if (!status.ok()) break;
      outputs.push_back(output);
      results.push_back(static_cast<float*>(TF_TensorData(output)));
    }
    if (status.ok()) kernels.elementwise(plan, count, arrays.data(), numbers.data(), results.data(), workspace);
    else TF_OpKernelContext_Failure(context, status.value);
    for (TF_Tensor* output : outputs) TF_DeleteTensor(output);
  }
};

void unknownShape(TF_ShapeInferenceContext* context, TF_Status* status) { TF_ShapeInferenceContextSetUnknownShape(context, status); }

template <typename Kernel>
bool registerOperation(std::initializer_list<const char*> attributes, std::initializer_list<const char*> inputs, const char* output) {
  Status status;
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(Kernel::NAME);
  for (const char* attribute : attributes) TF_OpDefinitionBuilderAddAttr(definition, attribute);
  for (const char* input : inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  TF_OpDefinitionBuilderAddOutput(definition, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, unknownShape);
  TF_RegisterOpDefinition(definition, status.value);
  if (!status.ok()) return false;
  TF_RegisterKernelBuilder(Kernel::NAME, TF_NewKernelBuilder(Kernel::NAME, "CPU",
    [](TF_OpKernelConstruction* construction) -> void* { return new Kernel(Construction(construction)); },
    [](void* kernel, TF_OpKernelContext* context) { static_cast<const Kernel*>(kernel)->compute(context); },
    [](void* kernel) { delete static_cast<Kernel*>(kernel); }), status.value);
  return status.ok();
}

}  // namespace

std::vector<const char*> registerOperations() {
  std::vector<const char*> registered;
  const Kernels* kernels = kernelsOfThisProcessor();
  if (kernels == nullptr) return registered;
  if (registerOperation<SparseProductKernel>({"biases: int >= 0 = 0", "wholes: int >= 0 = 0", "transpose_a: bool = false", "background: float = 0.0"}, {"a: float", "b: float", "bias: biases * float", "whole: wholes * float"}, "product: float")) registered.push_back(SparseProductKernel::NAME);
  if (registerOperation<IfDenseKernel>({"background: float", "share: float", "axis: int"}, {"a: float", "judged: float"}, "value: float")) registered.push_back(IfDenseKernel::NAME);
  if (registerOperation<RectifiedGradientKernel>({}, {"d: float", "w: float", "h: float", "whole: float"}, "gradient: float")) registered.push_back(RectifiedGradientKernel::NAME);
  if (registerOperation<ElementwiseKernel>({"arrays: int >= 1", "numbers: int >= 0", "results: int >= 1", "steps: list(int) >= 3", "kept: list(int) >= 1"}, {"a: arrays * float", "n: numbers * float"}, "values: results * float")) registered.push_back(ElementwiseKernel::NAME);
  if (kernels->filterGradient != nullptr && registerOperation<FilterGradientKernel>({"height: int", "width: int", "top: int", "left: int"}, {"images: float", "gradient: float"}, "filters: float")) registered.push_back(FilterGradientKernel::NAME);
  return registered;
}

}  // namespace touchstone

#else

std::vector<const char*> touchstone::registerOperations() { return {}; }

#endif
