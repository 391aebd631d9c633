struct BlockMemo {}
extension ChannelController {
  mutating func applyBlock(limit: Int) -> Bool { false }
}
