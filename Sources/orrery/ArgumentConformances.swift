// Enumerations of the libraries as command-line options; the conformances are public because the
// types are.
public import ArgumentParser
public import DRAM
public import Experiments
public import ReferenceTransformer
public import Systems
public import TraceFormat
public import Units
public import Workload

extension Fidelity: ExpressibleByArgument {}
extension TraceEmission.Steps: ExpressibleByArgument {}
extension OperatorFusion: ExpressibleByArgument {}
extension ConversionFormat: ExpressibleByArgument {}
extension DataType: ExpressibleByArgument {}
extension SchedulerPolicy: ExpressibleByArgument {}
extension PagePolicy: ExpressibleByArgument {}
extension RefreshMode: ExpressibleByArgument {}
extension Stepping: ExpressibleByArgument {}
extension StreamPattern: ExpressibleByArgument {}
extension ChannelMode: ExpressibleByArgument {}
extension RequestDataset: ExpressibleByArgument {}
extension DuplexReproduction.Numbers: ExpressibleByArgument {}

/// Whole numbers separated by commas.
struct IntegerList: ExpressibleByArgument {
  let values: [Int]

  init?(argument: String) {
    var values: [Int] = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let value = Int(part) else { return nil }
      values.append(value)
    }
    self.values = values
  }
}

/// A number of bytes, plain or with a unit: `20971520`, `20 MiB`.
struct ByteAmount {
  let count: Int

  init(_ text: String, option: String) throws {
    if let plain = Int(text.filter { $0 != "_" }) {
      count = plain
      return
    }
    do { count = try ByteCount(parsing: text).count } catch {
      throw ValidationError("--\(option): \(error); a plain number is bytes")
    }
  }

  /// The bytes, which must lie between `least` and 2^40.
  func checked(from least: Int = 1, option: String) throws -> ByteCount {
    guard (least...1 << 40).contains(count) else {
      throw ValidationError("--\(option) must lie between \(least) and 2^40 bytes, not \(count)")
    }
    return ByteCount(count)
  }
}

/// `uniform`, `zipf:S` or `replay:TRACE`.
enum RoutingArgument: ExpressibleByArgument {
  case drawn(RoutingDistribution)
  case replay(String)

  init?(argument: String) {
    if argument == "uniform" {
      self = .drawn(.uniform)
    } else if argument.hasPrefix("zipf:"), let exponent = Double(argument.dropFirst(5)),
      exponent >= 0, exponent.isFinite
    {
      self = .drawn(.zipf(exponent))
    } else if argument.hasPrefix("replay:"), argument.count > 7 {
      self = .replay(String(argument.dropFirst(7)))
    } else {
      return nil
    }
  }

  /// The distribution, with the counts of a replayed trace.
  func read() throws -> RoutingDistribution {
    switch self {
    case .drawn(let distribution): distribution
    case .replay(let path): try TraceEmitter.routing(ofTrace: path)
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .drawn(.zipf(let exponent)): "zipf:\(exponent)"
    case .drawn: "uniform"
    case .replay(let path): "replay:\(path)"
    }
  }
}

/// Limits separated by commas.
struct IdealList: ExpressibleByArgument {
  let limits: Set<IdealLimit>

  init(limits: Set<IdealLimit>) {
    self.limits = limits
  }

  init?(argument: String) {
    var limits: Set<IdealLimit> = []
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      guard let limit = IdealLimit(rawValue: String(part)) else { return nil }
      limits.insert(limit)
    }
    self.limits = limits
  }

  var defaultValueDescription: String { limits.map(\.rawValue).sorted().joined(separator: ",") }
}

/// A number of channels, or all of a memory's, each simulated or equal ones once.
enum ChannelChoice: ExpressibleByArgument, Equatable {
  case count(Int)
  case all
  case symmetric

  init?(argument: String) {
    switch argument {
    case "all": self = .all
    case "symmetric": self = .symmetric
    default:
      guard let count = Int(argument) else { return nil }
      self = .count(count)
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .count(let count): "\(count)"
    case .all: "all"
    case .symmetric: "symmetric"
    }
  }
}
