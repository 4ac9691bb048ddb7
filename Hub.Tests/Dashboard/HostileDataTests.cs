using Microsoft.Playwright;

namespace Realtime.Tests.Dashboard;

/// <summary>Whatever a publisher puts into an order is text on the page, and nothing else.</summary>
[CancelAfter(180_000)]
internal sealed class HostileDataTests : DashboardFixture
{
    private const string Customer = "KL-16645";

    private static readonly string[] Calls = ["attacked()", "window.attacked()", "parent.attacked()", "import('/attack.js')", "fetch('/attack')"];

    [Test]
    public async Task Nothing_that_an_order_says_is_ever_run(CancellationToken cancel)
    {
        await using var page = await OpenAsync();
        await page.Page.EvaluateAsync("""
            window.attacks = [];
            window.attacked = () => window.attacks.push('called');
            document.addEventListener('securitypolicyviolation', event => window.attacks.push(event.violatedDirective + ' ' + event.blockedURI));
            """);
        page.Page.Dialog += (_, dialog) => _ = DismissAsync(dialog);
        await page.SignInAsync(Customer);

        var payloads = Payloads().ToList();
        Assert.That(payloads, Has.Count.GreaterThanOrEqualTo(100));
        for (var n = 0; n < payloads.Count; n++)
        {
            var text = payloads[n];
            var type = n % 2 == 0 ? "order.created" : "order.__proto__";
            await PublishAsync(type, Customer, text[..Math.Min(text.Length, 128)], DataFor(n, text), cancel);
        }

        // The last one is in sight, so all have been taken; then each comes into sight, because only those are in the document.
        await page.Page.Locator($".row[aria-posinset='1'][aria-setsize='{payloads.Count}']").WaitForAsync();
        var scroller = page.Page.Locator(".scroller");
        for (var seen = 0; seen < payloads.Count; seen += 5)
        {
            await scroller.EvaluateAsync("(it, row) => it.scrollTop = row * parseFloat(getComputedStyle(it).getPropertyValue('--row'))", seen);
            await page.Page.Locator($".row[aria-posinset='{seen + 1}']").WaitForAsync(new() { State = WaitForSelectorState.Attached });
        }
        await page.Page.Locator(".row").First.HoverAsync();

        // Also after a reload, from what the browser has kept.
        Assert.That(await page.Page.EvaluateAsync<string[]>("window.attacks"), Is.Empty);
        await page.Page.ReloadAsync();
        await page.LiveAsync();
        Assert.Multiple(async () =>
        {
            Assert.That(await page.Page.Locator(".row").CountAsync(), Is.GreaterThan(5));
            Assert.That(await page.Page.Locator(".row script, .row img, .row iframe, .row svg, .row a, .row [onerror], .row [onload]").CountAsync(), Is.Zero);
            Assert.That(page.Requests.Where(request => request.Url.Contains("attack", StringComparison.Ordinal)), Is.Empty);
            Assert.That(page.Complaints, Is.Empty, "no script failed, and the Content-Security-Policy had nothing to stop");
        });
    }

    /// <summary>The text in a field of its own, and in a way of its own.</summary>
    private static object DataFor(int n, string text) => (n % 6) switch
    {
        0 => new { city = text, state = text, total = 1.5 },
        1 => new { city = "A", total = text, lines = new[] { new { product = text, quantity = 2 } } },
        2 => new { lines = new object?[] { null, 1, text, new { product = new { html = text }, quantity = text }, new { product = text, quantity = double.MaxValue } } },
        3 => new Dictionary<string, object> { ["__proto__"] = new { city = text }, ["constructor"] = text, ["toString"] = text, ["city"] = new[] { text } },
        4 => text,
        _ => new { city = new { dangerouslySetInnerHTML = new { __html = text }, type = "script", props = new { children = text } }, state = text, total = -0.0 },
    };

    private static IEnumerable<string> Payloads()
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

    private static async Task DismissAsync(IDialog dialog)
    {
        await dialog.Page!.EvaluateAsync("window.attacks.push('dialog')");
        await dialog.DismissAsync();
    }
}
