// swift-tools-version: 6.2
import PackageDescription

// Settings of every target: strict imports and explicit existentials.
let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// Engine targets are optimised in debug builds too, or their tests crawl (16 to 100 times slower).
let engine: [SwiftSetting] =
  strict + [
    .unsafeFlags(["-O"], .when(configuration: .debug)),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
  ]

let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")

/// One library target: its arrows, which point down only, and its tests.
func library(
  _ name: String, _ dependencies: [Target.Dependency], settings: [SwiftSetting],
  testDependencies: [Target.Dependency] = []
) -> [Target] {
  [
    .target(name: name, dependencies: dependencies, swiftSettings: settings),
    .testTarget(
      name: name + "Tests",
      dependencies: [.target(name: name)] + dependencies + testDependencies,
      swiftSettings: strict),
  ]
}

var targets: [Target] = []
targets += library("Units", [], settings: engine)
targets += library("SimulationCore", ["Units"], settings: engine)
targets += library("Workload", ["Units"], settings: engine)
targets += [
  // Optimised in debug builds too; products and sums are never contracted.
  .target(name: "CKernels", cSettings: [.unsafeFlags(["-O2", "-ffp-contract=off"])])
]
targets += library("Numerics", ["CKernels", "Units"], settings: engine)
targets += [
  .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])])
]
targets += library("TraceFormat", ["Workload", "Units", "CZstd"], settings: engine)
targets += [
  .executableTarget(
    name: "trace-benchmark", dependencies: ["TraceFormat", "Workload", "Units"],
    path: "Benchmarks/TraceBenchmark", swiftSettings: engine),
  .executableTarget(
    name: "numerics-benchmark",
    dependencies: ["ReferenceTransformer", "Workload", "Numerics", "Units"],
    path: "Benchmarks/NumericsBenchmark", swiftSettings: engine),
]
targets += library(
  "ReferenceTransformer", ["Workload", "Numerics", "Units"], settings: engine,
  testDependencies: ["Configuration"])
targets += library("Serving", ["SimulationCore", "Workload", "Units"], settings: engine)
targets += library("DRAM", ["SimulationCore", "Units"], settings: engine, testDependencies: [yams])
targets += library(
  "StreamingFabric", ["DRAM", "SimulationCore", "Numerics", "Units"], settings: engine,
  testDependencies: ["Configuration", yams])
targets += library(
  "Configuration", ["Units", yams], settings: strict, testDependencies: ["Workload"])
targets += library(
  "Devices", ["DRAM", "StreamingFabric", "SimulationCore", "Workload", "Units"], settings: engine)
targets += library(
  "Systems",
  ["Devices", "DRAM", "StreamingFabric", "Serving", "SimulationCore", "Workload", "Units"],
  settings: engine,
  testDependencies: ["Configuration", yams])
targets += library("ResultsStore", ["Units", grdb], settings: engine)
targets += library(
  "Experiments",
  [
    "Systems", "Serving", "Devices", "DRAM", "StreamingFabric", "Configuration",
    "ReferenceTransformer",
    "TraceFormat", "Numerics", "SimulationCore", "Workload", "Units",
    "ResultsStore",
  ], settings: strict)
targets += library(
  "Reports",
  [
    "Experiments", "Systems", "Serving", "Devices", "Configuration", "TraceFormat",
    "SimulationCore", "Workload", "Units", "Numerics", "ResultsStore",
  ], settings: strict)
targets += [
  .executableTarget(
    name: "orrery",
    dependencies: [
      "Experiments", "Reports", "Configuration", "Systems", "Serving", "Devices", "DRAM",
      "StreamingFabric", "ReferenceTransformer", "TraceFormat", "Numerics", "Workload", "Units",
      "ResultsStore",
      argumentParser,
    ],
    swiftSettings: strict),
  .testTarget(name: "orreryTests", dependencies: ["orrery"], swiftSettings: strict),
]

let package = Package(
  name: "orrery",
  platforms: [.macOS(.v15)],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
    .package(url: "https://github.com/jpsim/Yams", exact: "6.2.2"),
    .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
  ],
  targets: targets,
  swiftLanguageModes: [.v6]
)
