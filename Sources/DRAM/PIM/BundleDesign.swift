/// A processing-in-memory design whose commands open, read and close many banks at once.
///
/// The commands and their distances are rows of the memory standard; the design says how many banks
/// one of them covers and in which order an operand fills them. Logic-PIM, BankGroup-PIM and
/// Bank-PIM of arXiv 2409.01141 differ in these fields only.
public struct BundleDesign: Codable, Hashable, Sendable {
  /// The name in results.
  public var name: String
  /// Where the numbers come from.
  public var source: String
  /// The commands of the standard that act on the banks together.
  public var commands: Commands
  /// Banks of a channel that one command covers.
  public var banks: Int

  /// Names of commands.
  public struct Commands: Codable, Hashable, Sendable {
    public var activate: String
    public var read: String
    public var write: String
    public var precharge: String

    public init(activate: String, read: String, write: String, precharge: String) {
      self.activate = activate
      self.read = read
      self.write = write
      self.precharge = precharge
    }
  }

  public init(name: String, source: String, commands: Commands, banks: Int) {
    self.name = name
    self.source = source
    self.commands = commands
    self.banks = banks
  }
}

/// When banks that PIM streams through are refreshed.
public enum BundleRefresh: String, CaseIterable, Codable, Hashable, Sendable {
  /// Never: for closed forms.
  case none
  /// A refresh that is due closes the rows and goes first.
  case first
  /// PIM goes first until as many refreshes are owed as the standard lets be postponed (the
  /// authors' simulator, which has no limit).
  case postponed
}
