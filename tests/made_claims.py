"""Claims as config/claims holds them."""


def claim(name, **changes):
    return {
        "id": f"damico2025_{name}",
        "statement": "The exponent is 1.",
        "source": "figure 1",
        "provenance": "printed",
        "primary": False,
        "kind": "equals",
        "quantities": [f"laws.{name}"],
        "published": 1.0,
        "published_error": None,
        "published_decimals": None,
        "margin": 0.1,
        "margin_reason": "width of a line",
        "figure": "damico2025_fig1",
        "departures": [],
        **changes,
    }
