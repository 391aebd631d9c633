/// Command logs as CSV: `cycle,cmd,ch,ra,bg,ba,row,col`, -1 where a coordinate does not apply.
public enum CommandLog {
  public static let header = "cycle,cmd,ch,ra,bg,ba,row,col"

  /// One line of the file. A command wider than a bank names the levels that it is confined to.
  public static func line(_ record: CommandRecord, _ compiled: CompiledStandard) -> String {
    let command = compiled.standard.commands[Int(record.command)]
    let place = compiled.coordinates(ofBank: Int(record.bank))
    let isBank = command.scope == "bank"
    let bankGroup = isBank ? place.bankGroup : -1
    let bank = isBank ? place.bank : -1
    return
      "\(record.tick),\(command.name),\(record.channel),\(place.rank),\(bankGroup),\(bank),\(record.row),\(record.column)"
  }
}
