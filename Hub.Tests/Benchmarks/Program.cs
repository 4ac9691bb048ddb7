using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace Realtime.Benchmarks;

/// <summary>The hot path in parts: what a publish, a delivery, a frame, a cursor and a connect cost, and what they allocate.</summary>
/// <remarks>
/// <code>
/// dotnet run -c Release --project Hub.Tests/Benchmarks -- --filter '*'              all
/// dotnet run -c Release --project Hub.Tests/Benchmarks -- --filter '*AppendBatch*'  one
/// </code>
/// They run in this process: a project that the harness generates would have to pass this repository's build rules.
/// </remarks>
internal static class Benchmarks
{
    private static void Main(string[] args)
    {
        var config = ManualConfig.CreateEmpty()
            .AddColumnProvider(DefaultColumnProviders.Instance)
            .AddLogger(ConsoleLogger.Default)
            .AddExporter(MarkdownExporter.GitHub)
            .AddDiagnoser(MemoryDiagnoser.Default)
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .HideColumns(Column.Job, Column.Toolchain, Column.IterationCount, Column.LaunchCount, Column.WarmupCount);
        BenchmarkSwitcher.FromAssembly(typeof(Benchmarks).Assembly).Run(args, config);
    }
}
