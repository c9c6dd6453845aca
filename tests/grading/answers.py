"""Answers by students: honest ones, and such as want to do something to who reads them."""

from __future__ import annotations

from typing import Final

PICTURE: Final = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJg"
    "gg=="
)
"""A PNG of one pixel."""
HONEST: Final = (
    "YOUR ANSWER HERE",
    "plain **bold** `code` $x^2$ <b>b</b>\n\n"
    "| a | b |\n|:--|--:|\n| 1 | 2 |\n\n![pic](attachment:plot.png)\n",
    "# My answer\n\ntext\n\n## b < c\n\n```python\nx = '<script>'\nprint(1 < 2 & 3)\n```\n",
    "a < b, x <= y & z",
    "$$\\sum_{i<j} x_i \\frac{a}{b}$$ and \\begin{align} a&=b\\\\ c&<d \\end{align}",
    "[link](https://example.org/?a=1&b=2) <https://x.org> http://a.b/c_d_",
    "1. a\n2. b\n   - c\n\n> quote\n",
    'H<sub>2</sub>O &amp; &lt; "quoted" it\'s',
    "~~x~~ term\n: def\n",
    "```\nls <x>\n```",
    "line  \nbreak",
    "3. x\n4. y",
    "a\\_b \\* c",
    '![pic](attachment:plot.png "t")',
    "<details><summary>a</summary>b</details>",
    "`<div>` is a tag, and `a<b>c`",
    "5 x 10^6 ~ 3*4 = 12 <- result",
    "------",
    "a & b &c; &nbsp; x",
    "```text\nhi\n\n  there\n```",
    "    indented <b>\n",
    "\tcode",
)
HOSTILE: Final = (
    "<script>x=1</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1))",
    "[a](java&#115;cript:alert(1))",
    "<javascript:alert(1)>",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<iframe src='data:text/html,x'></iframe>",
    "$\\href{javascript:alert(1)}{x}$",
    "<svg onload=alert(1)>",
    "<svg/onload=alert(1)>",
    "<style>*{display:none}</style>",
    "<div style='position:fixed;top:0'>x</div>",
    "</div></div></div>gone",
    "<b>unclosed",
    "# cost_of_a_triple",
    "cost_of_a_triple\n===",
    "# submission_id",
    "![x](attachment:nope.png)",
    "![x](http://evil/x.png)",
    "<a href='javascript:alert(1)'>x</a>",
    '<a href="x" onclick=alert(1)>y</a>',
    "[z](data:text/html;base64,xx)",
    "<!-- --><script>1</script>",
    "<math><mtext></p><style><img src=x onerror=alert(1)>",
    "$\\&#104;ref{javascript:1}{x}$",
    "\\def\\x{\\x}",
    "- [ ] todo",
    "<textarea>",
    "<plaintext>",
    "<form action=/x><input name=y><button>",
    "<base href=//evil>",
    "<meta http-equiv=refresh content=0>",
    "<p class='navbar-fixed-top'>x</p>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<![CDATA[<script>1</script>]]>",
    "<?php x ?>",
    "[[[[x](javascript:1)](javascript:2)]]",
    "$<img src=x onerror=alert(1)>$",
    "\\(<img src=x onerror=alert(1)>\\)",
    "\\begin{x}<img src=x onerror=alert(1)>\\end{x}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "```<img src=x onerror=alert(1)>\nx\n```",
    "[a](//evil)",
    "[a](/formgrader)",
    '[a](https://x"onmouseover=alert(1)//)',
    '![a](x"onerror="alert(1))',
    "```\n</code></pre><script>1</script>\n```",
    "`````\n<script>1</script>",
    "```mermaid\ngraph\n```",
)
UNREADABLE: Final = ("<\n`````\n<script>1</script>\n<\n![x](attachment:nope.png)", "<![x]>")
"""What Python's html.parser fails at."""
