internal import Units

/// How the devices of a machine share a model: checked degrees of parallelism.
///
/// Everything but experts is divided over `tensor` devices and its requests over `data` groups of
/// them; experts are divided over all devices of a pipeline stage.
struct DeviceGrid: Hashable, Sendable {
  /// Devices that divide each matrix.
  let tensor: Int
  /// Groups that hold all of a stage's matrices and take a part of the requests each.
  let data: Int
  /// Consecutive groups of layers.
  let pipeline: Int
  /// Devices that hold experts and KV, for each stage; fewer than all when PIM devices are apart.
  let expertDevices: Int
  /// Devices that divide attention over cached keys.
  let attentionTensor: Int
  /// Devices of a node.
  let node: Int
  private let expertGroups: Int?
  private let dividesInNode: Bool

  init(spec: XPUPIMSystemSpec) throws(SystemError) {
    let node = spec.nodeDevices ?? spec.devices
    let pipeline = spec.parallelism?.pipeline ?? 1
    guard spec.devices > 0, node > 0, pipeline > 0 else {
      throw SystemError("devices, node_devices and parallelism.pipeline must be positive")
    }
    guard spec.devices % pipeline == 0 else {
      throw SystemError(
        "parallelism.pipeline (\(pipeline)) does not divide devices (\(spec.devices))")
    }
    let stage = spec.devices / pipeline
    let apart = spec.separatePIMDevices ?? 0
    guard apart >= 0, apart < stage else {
      throw SystemError(
        "separate_pim_devices (\(apart)) must be less than the devices of a stage (\(stage))")
    }
    guard apart == 0 || stage <= node else {
      throw SystemError("separate_pim_devices works within one node (\(node) devices)")
    }
    let dense = stage - apart
    let tensor = spec.parallelism?.tensor ?? min(node, dense)
    guard tensor > 0, dense % tensor == 0, tensor <= node else {
      throw SystemError(
        "parallelism.tensor (\(tensor)) must divide the \(dense) devices of a stage and fit a "
          + "node of \(node)")
    }
    guard stage <= node || spec.nodeLink != nil else {
      throw SystemError(
        "\(stage) devices of a stage do not fit a node of \(node); add the key 'node_link'")
    }
    self.node = node
    self.pipeline = pipeline
    self.tensor = tensor
    data = dense / tensor
    expertDevices = apart > 0 ? apart : stage
    attentionTensor = apart > 0 ? apart : tensor
    expertGroups = spec.parallelism?.expert
    dividesInNode = spec.schedule.dividesExpertsInNode
    if let expertGroups {
      guard expertGroups > 0, expertDevices % expertGroups == 0 else {
        throw SystemError(
          "parallelism.expert (\(expertGroups)) must divide the \(expertDevices) devices")
      }
    }
  }

  /// The groups of devices that hold different experts; each group divides its experts further.
  ///
  /// - Throws: `SystemError` when the devices cannot be divided so.
  func expertGroups(experts: Int) throws(SystemError) -> Int {
    if let expertGroups {
      guard expertGroups <= experts else {
        throw SystemError(
          "parallelism.expert (\(expertGroups)) exceeds the \(experts) experts of a layer")
      }
      return expertGroups
    }
    if dividesInNode { return max(1, expertDevices / min(node, expertDevices)) }
    // The greatest number of groups that divides the devices and leaves none without an expert.
    return (1...min(experts, expertDevices)).last { expertDevices % $0 == 0 } ?? 1
  }

  /// The share of KV heads that one device holds, as a number of heads.
  func kvHeads(of heads: Int) -> Int { (heads + attentionTensor - 1) / attentionTensor }
}

/// The quotient rounded up.
func dividedUp(_ value: Int, by divisor: Int) -> Int { (value + divisor - 1) / divisor }
