using System.Text.Json;

namespace Realtime.Compare.Report;

/// <summary>Writes the results into a folder, which is created if it does not exist.</summary>
internal static class Files
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <param name="markdown">Null if not asked for.</param>
    public static async Task WriteAsync(ComparisonDocument document, string? markdown, DirectoryInfo folder, CancellationToken cancel)
    {
        folder.Create();
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "comparison.json"), JsonSerializer.Serialize(document, Json)
            + "\n", cancel);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "comparison.html"), Page.Of(document), cancel);
        if (markdown is not null) await File.WriteAllTextAsync(Path.Combine(folder.FullName, "comparison.md"), markdown, cancel);
    }
}
