// Enumerations of the libraries as command-line options; the conformances are public because the
// types are.
public import ArgumentParser
public import Systems

extension Fidelity: ExpressibleByArgument {}
