/// The text of a page: one file without references to others.
struct HTMLPage {
  let title: String
  let content: PageContent
  /// The libraries that draw charts, when they are there.
  let bundle: String?
  /// Why charts are not drawn.
  let notice: String?

  /// The page.
  var text: String {
    var html = """
      <!doctype html>
      <html lang="en">
      <head>
      <meta charset="utf-8">
      <meta name="viewport" content="width=device-width, initial-scale=1">
      <meta name="color-scheme" content="light dark">
      <link rel="icon" href="data:,">
      <title>\(escape(title))</title>
      <style>\(HTMLPage.style)</style>
      </head>
      <body>
      <header><h1>\(escape(title))</h1><p>\(escape(content.subtitle))</p></header>
      <main>

      """
    if let notice { html += "<p class=\"notice\" role=\"status\">\(escape(notice))</p>\n" }
    if !content.figures.isEmpty {
      html += "<section class=\"figures\">\n"
      for figure in content.figures {
        html +=
          "<div class=\"figure\"><span>\(escape(figure.name))</span>"
          + "<strong>\(escape(figure.value))</strong><small>\(escape(figure.remark))</small></div>\n"
      }
      html += "</section>\n"
    }
    if !content.charts.isEmpty {
      html += "<section class=\"charts\">\n"
      for chart in content.charts {
        let place =
          bundle == nil
          ? "<p><a href=\"charts/\(chart.id).vl.json\">charts/\(chart.id).vl.json</a></p>"
          : "<div class=\"chart\" id=\"chart-\(chart.id)\"></div>"
        html +=
          "<figure><h2>\(escape(chart.title))</h2>\(place)"
          + "<figcaption>\(escape(chart.caption))</figcaption></figure>\n"
      }
      html += "</section>\n"
    }
    for table in content.tables { html += section(table) }
    html +=
      "</main>\n<footer>Made by Orrery. Specifications of the charts: charts/*.vl.json</footer>\n"
    if let bundle, !content.charts.isEmpty {
      html += "<script>\(protect(bundle))</script>\n<script>\nconst charts = {\n"
      for chart in content.charts {
        html += "\"\(chart.id)\": \(protect(chart.json).dropLast()),\n"
      }
      html += "};\nconst themes = {light: \(ChartTheme.config(isDark: false).json.dropLast()), "
      html += "dark: \(ChartTheme.config(isDark: true).json.dropLast())};\n"
      html += "\(HTMLPage.script)</script>\n"
    }
    return html + "</body>\n</html>\n"
  }

  private func section(_ table: PageTable) -> String {
    var html = "<section><h2>\(escape(table.title))</h2><div class=\"scroll\"><table>\n<thead><tr>"
    for (column, isNumeric) in zip(table.columns, table.isNumeric) {
      html += "<th\(isNumeric ? " class=\"number\"" : "") scope=\"col\">\(escape(column))</th>"
    }
    html += "</tr></thead>\n<tbody>\n"
    for row in table.rows {
      html += "<tr>"
      for (cell, isNumeric) in zip(row, table.isNumeric) {
        html += "<td\(isNumeric ? " class=\"number\"" : "")>\(escape(cell))</td>"
      }
      html += "</tr>\n"
    }
    html += "</tbody></table></div>"
    if !table.remark.isEmpty { html += "<p class=\"remark\">\(escape(table.remark))</p>" }
    return html + "</section>\n"
  }

  private func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      default: result.append(character)
      }
    }
    return result
  }

  /// A script may not hold the end of its own element, in a text or a comment.
  private func protect(_ script: String) -> String {
    script.replacing("</script", with: "<\\/script").replacing("<!--", with: "<\\!--")
  }

  private static let style = """
    :root{--ink:#1b1f24;--soft:#57606a;--line:#d8dee4;--page:#fff;--card:#f6f8fa;--mark:#0072B2}
    @media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9aa4af;--line:#30363d;
    --page:#0d1117;--card:#161b22;--mark:#56B4E9}}
    *{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);
    font:15px/1.5 system-ui,-apple-system,"Segoe UI",Helvetica,Arial,sans-serif}
    header,main,footer{max-width:1240px;margin:0 auto;padding:0 24px}header{padding-top:28px}
    h1{font-size:26px;margin:0 0 4px}h2{font-size:16px;margin:0 0 10px}header p{color:var(--soft);margin:0 0 18px}
    .figures{display:flex;flex-wrap:wrap;gap:12px;margin:0 0 22px}
    .figure{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:10px 16px;min-width:150px}
    .figure span,.figure small{display:block;color:var(--soft);font-size:12.5px}.figure strong{font-size:20px}
    .charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(560px,100%),1fr));gap:20px;margin-bottom:24px}
    figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:16px;min-width:0;overflow-x:auto}
    figcaption,.remark{color:var(--soft);font-size:13px;margin-top:8px}.chart{width:100%}
    section{margin-bottom:26px}.scroll{overflow:auto;max-height:560px;border:1px solid var(--line);border-radius:8px}
    table{border-collapse:collapse;width:100%;font-size:13.5px}th,td{padding:5px 12px;text-align:left;white-space:nowrap;
    border-bottom:1px solid var(--line)}thead th{position:sticky;top:0;background:var(--card)}tbody tr:last-child td{border-bottom:0}
    .number{text-align:right;font-variant-numeric:tabular-nums}.notice{border:1px solid #D55E00;border-left-width:6px;
    border-radius:6px;padding:10px 14px}a{color:var(--mark)}footer{color:var(--soft);font-size:12.5px;padding-bottom:30px}
    .vega-embed .chart-wrapper{width:100%}.vega-embed summary{opacity:.35!important}
    """

  private static let script = """
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    async function draw() {
      for (const [id, spec] of Object.entries(charts)) {
        // The heading above the chart is its title.
        const {title, ...untitled} = structuredClone(spec);
        await vegaEmbed("#chart-" + id, untitled, {renderer: "svg",
          config: themes[scheme.matches ? "dark" : "light"], actions: {export: true, source: false,
          compiled: false, editor: false}, downloadFileName: id});
      }
      document.body.dataset.drawn = Object.keys(charts).length;
    }
    scheme.addEventListener("change", draw);
    draw();

    """
}
