namespace Realtime.Tests.Dashboard;

/// <summary>Texts that a page which treats an order as markup would execute.</summary>
internal static class HostileOrders
{
    private static readonly string[] Calls = ["attacked()", "window.attacked()", "parent.attacked()", "import('/attack.js')",
        "fetch('/attack')"];

    public static IEnumerable<string> Texts()
    {
        foreach (var call in Calls)
        {
            yield return $"<script>{call}</script>";
            yield return $"</script><script>{call}</script>";
            yield return $"<script src=/attack.js></script><!--{call}";
            yield return $"<img src=x onerror={call}>";
            yield return $"<img src=/attack.png onload=\"{call}\">";
            yield return $"<svg onload={call}>";
            yield return $"<svg><animate onbegin={call} attributeName=x dur=1s>";
            yield return $"<iframe srcdoc=\"<script>{call}</script>\"></iframe>";
            yield return $"<iframe src=\"javascript:{call}\"></iframe>";
            yield return $"<a href=\"javascript:{call}\" autofocus onfocus={call}>x</a>";
            yield return $"<details open ontoggle={call}>";
            yield return $"<body onload={call}>";
            yield return $"<input autofocus onfocus={call}>";
            yield return $"<style>@import '/attack.css';</style><p style=\"background:url('/attack.png')\">{call}";
            yield return $"<link rel=stylesheet href=/attack.css><meta http-equiv=refresh content='0;url=javascript:{call}'>";
            yield return $"<object data=\"javascript:{call}\"></object><embed src=/attack.swf>";
            yield return $"\"><script>{call}</script>";
            yield return $"' onmouseover='{call}' x='";
            yield return $"\" onmouseover=\"{call}\" x=\"";
            yield return $"${{{call}}}`${{{call}}}`{{{{constructor.constructor('{call}')()}}}}";
            yield return $"javascript:{call}//\u2028\u2029{call}";
            yield return $"\u202e>tpircs<{call}\u202c<script\u00a0>{call}</script\u00a0>";
            yield return $"<math><mtext></mtext><mglyph><style><img src=x onerror={call}></style></mglyph></math>";
            yield return $"<template shadowrootmode=open><img src=x onerror={call}></template>";
        }
        yield return "__proto__";
        yield return "constructor";
        yield return "toString";
        yield return "'); DROP TABLE orders; --";
        yield return new string('W', 4000);
        yield return string.Concat(Enumerable.Repeat("e\u0301\u0327\u0330\u0345", 200));
    }

    /// <summary>An order whose data hold the text, in a field and a shape that vary with <paramref name="n"/>.</summary>
    public static object DataFor(int n, string text) => (n % 6) switch
    {
        0 => new { city = text, state = text, total = 1.5 },
        1 => new { city = "A", total = text, lines = new[] { new { product = text, quantity = 2 } } },
        2 => new
        {
            lines = new object?[] { null, 1, text, new { product = new { html = text }, quantity = text },
            new { product = text, quantity = double.MaxValue } }
        },
        3 => new Dictionary<string, object>
        {
            ["__proto__"] = new { city = text },
            ["constructor"] = text,
            ["toString"] = text,
            ["city"] = new[] { text }
        },
        4 => text,
        _ => new
        {
            city = new { dangerouslySetInnerHTML = new { __html = text }, type = "script", props = new { children = text } },
            state = text,
            total = -0.0
        },
    };
}
