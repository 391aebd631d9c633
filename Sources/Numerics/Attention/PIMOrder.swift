#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The order in which processing-in-memory units add up a product.
///
/// Without `dealing` it is that of multipliers at DRAM banks: a column step multiplies `lanes` elements of a row by as
/// many of the operand, adds the products in a tree, pairs first, and adds the sum to the bank's accumulator. A result
/// is read out in the storage format at the end of each product of a row; what needs several rows is added up outside,
/// by the vector units. (NeuPIMs, ASPLOS 2024, and Newton, MICRO 2020, for the tree; that the vector units add in the
/// accumulator's format is an assumption.) With `dealing` it is that of units behind bundles of banks (`PIMDealing`).
public struct PIMOrder: Hashable, Sendable {
  /// Elements of a column step.
  public var lanes: Int
  /// Elements of a row of one bank.
  public var rowElements: Int
  /// Lanes of a vector unit, which sums lane by lane and then in a tree.
  public var vectorLanes: Int
  /// How keys and values are dealt to units; nil where a row of a bank holds the elements of one product.
  public var dealing: PIMDealing?

  /// - Precondition: all are positive.
  public init(lanes: Int, rowElements: Int, vectorLanes: Int, dealing: PIMDealing? = nil) {
    precondition(lanes > 0 && rowElements > 0 && vectorLanes > 0, "an order of no lanes")
    self.lanes = lanes
    self.rowElements = rowElements
    self.vectorLanes = vectorLanes
    self.dealing = dealing
  }
}

/// How tokens in ascending addresses come to units behind bundles of banks: bursts in turn over the channels, then over
/// the banks of the bundle, then over columns.
///
/// A score is the sum of its bursts, each added in a tree in the unit that has it, one burst after the other. An output
/// is the sum over units; a unit adds the tokens of one column command in a tree, in the order of its banks, and the
/// columns one after the other. (Duplex, arXiv 2409.01141, for layout and bundles: 8 banks on one module of the logic
/// die, 32 with a unit each in Bank-PIM. Trees and the order of the units are assumptions, the paper gives none.)
public struct PIMDealing: Hashable, Sendable {
  /// Channels of a device.
  public var channels: Int
  /// Banks that one column command covers in a channel, and those of them behind one unit.
  public var banks: Int
  public var banksPerUnit: Int

  /// - Precondition: all are positive, and whole units share the banks.
  public init(channels: Int, banks: Int, banksPerUnit: Int) {
    precondition(channels > 0 && banks > 0 && banksPerUnit > 0, "a bundle of no banks")
    precondition(banks % banksPerUnit == 0, "a unit with a part of a bank")
    self.channels = channels
    self.banks = banks
    self.banksPerUnit = banksPerUnit
  }

  /// The tokens of one part of a head, by unit and column command: what each adds in a tree.
  ///
  /// - Parameters:
  ///   - part: which burst of the `parts` bursts of a token.
  func tokens(_ range: Range<Int>, part: Int, of parts: Int) -> [[[Int]]] {
    var units: [Int: [(column: Int, tokens: [Int])]] = [:]
    for token in range {
      let burst = token * parts + part
      let (channel, place) = (burst % channels, burst / channels)
      let unit = channel * (banks / banksPerUnit) + place % banks / banksPerUnit
      let column = place / banks
      if units[unit]?.last?.column == column, let last = units[unit]?.indices.last {
        units[unit]?[last].tokens.append(token)
      } else {
        units[unit, default: []].append((column, [token]))
      }
    }
    return units.sorted { $0.key < $1.key }.map { $0.value.map(\.tokens) }
  }
}

/// The parts of attention that run on PIM.
public enum PIMKernel: String, CaseIterable, Hashable, Sendable {
  /// Queries by keys: the scores before their scale, as they are read out.
  case key = "pim-key"
  /// Probabilities by values.
  case value = "pim-value"
  /// Keys on PIM, softmax on the vector units, values on PIM.
  case attention = "pim-attention"

  /// Computes the kernel.
  ///
  /// `value` takes the probabilities of an exact softmax, rounded to the storage format.
  ///
  /// - Returns: scores [heads, rows, keys] for `key`, else [heads, rows, dimension]. Masked scores are zero.
  public func run(
    _ problem: AttentionProblem, order: PIMOrder, precision: AttentionPrecision
  ) -> [Double] {
    precision.specialised(
      PIMKernelRun(kernel: self, problem: problem.rounded(to: precision.storage), order: order))
  }

  /// The same in f64 from the same rounded inputs, summed with compensation.
  public func reference(_ problem: AttentionProblem, precision: AttentionPrecision) -> [Double] {
    let rounded = problem.rounded(to: precision.storage)
    switch self {
    case .attention: return ReferenceAttention.output(rounded)
    case .key: return ExactParts.scores(rounded)
    case .value:
      return ExactParts.weighted(
        rounded, ExactParts.probabilities(rounded).map(precision.storage.round))
    }
  }
}

/// The parts of attention in f64.
enum ExactParts {
  /// Queries by keys without a scale; zero where masked.
  static func scores(_ problem: AttentionProblem) -> [Double] {
    let shape = problem.shape
    let d = shape.dimension
    var scores = [Double](repeating: 0, count: shape.heads * shape.rows * shape.keys)
    for head in 0..<shape.heads {
      for row in 0..<shape.rows {
        let query = (head * shape.rows + row) * d
        for key in shape.visibleKeys(row) {
          let base = (shape.kvHead(of: head) * shape.keys + key) * d
          var sum = CompensatedSum()
          for index in 0..<d { sum.add(problem.q[query + index] * problem.k[base + index]) }
          scores[(head * shape.rows + row) * shape.keys + key] = sum.value
        }
      }
    }
    return scores
  }

  /// The softmax of scaled scores; zero where masked.
  static func probabilities(_ problem: AttentionProblem) -> [Double] {
    let shape = problem.shape
    var result = scores(problem)
    for line in 0..<shape.heads * shape.rows {
      let keys = shape.visibleKeys(line % shape.rows)
      let base = line * shape.keys
      let maximum = keys.map { result[base + $0] * shape.scale }.max() ?? 0
      var sum = CompensatedSum()
      for key in keys {
        result[base + key] = exp(result[base + key] * shape.scale - maximum)
        sum.add(result[base + key])
      }
      for key in keys { result[base + key] /= sum.value }
    }
    return result
  }

  /// Probabilities by values.
  static func weighted(_ problem: AttentionProblem, _ probabilities: [Double]) -> [Double] {
    let shape = problem.shape
    let d = shape.dimension
    var output = [Double](repeating: 0, count: problem.q.count)
    for head in 0..<shape.heads {
      for row in 0..<shape.rows {
        let line = head * shape.rows + row
        for index in 0..<d {
          var sum = CompensatedSum()
          for key in shape.visibleKeys(row) {
            let value = problem.v[(shape.kvHead(of: head) * shape.keys + key) * d + index]
            sum.add(probabilities[line * shape.keys + key] * value)
          }
          output[line * d + index] = sum.value
        }
      }
    }
    return output
  }
}

/// Neumaier's compensated sum (ZAMM 54, 1974).
struct CompensatedSum {
  private var sum = 0.0
  private var rest = 0.0

  var value: Double { sum + rest }

  mutating func add(_ term: Double) {
    let next = sum + term
    rest += sum.magnitude >= term.magnitude ? (sum - next) + term : (term - next) + sum
    sum = next
  }
}
