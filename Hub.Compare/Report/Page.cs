using System.Text.Json;

namespace Realtime.Compare.Report;

/// <summary>comparison.html: one self-contained file, which works without a network.</summary>
internal static class Page
{
    // The default encoder escapes <, > and &, so the document cannot end the script element that contains it.
    public static string Of(ComparisonDocument document) => Resource("report.html")
        .Replace("/*charts.css*/", Resource("uPlot.css"), StringComparison.Ordinal)
        .Replace("/*charts.js*/", Resource("uPlot.js"), StringComparison.Ordinal)
        .Replace("/*report.js*/", Resource("report.js"), StringComparison.Ordinal)
        .Replace("/*document*/", JsonSerializer.Serialize(document, JsonSerializerOptions.Web), StringComparison.Ordinal);

    /// <summary>Empty if this program was built without Node: the page then has tables and says that charts are missing.</summary>
    private static string Resource(string name)
    {
        using var stream = typeof(Page).Assembly.GetManifestResourceStream(name);
        if (stream is null) return "";
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
