using System.Text.Json;

namespace Realtime.Compare.Report;

/// <summary>Writes the results into a folder, which is made if it is not there.</summary>
internal static class Files
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static async Task WriteAsync(ComparisonDocument document, DirectoryInfo folder, CancellationToken cancel)
    {
        folder.Create();
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "comparison.json"), JsonSerializer.Serialize(document, Json) + "\n", cancel);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "comparison.html"), Page.Of(document), cancel);
    }
}
