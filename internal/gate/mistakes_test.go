package gate_test

import (
	"testing"

	"github.com/salve-security/salve/internal/gate"
)

// TestMistakesInSections: each is told with its field, on its line, and with what to write instead.
func TestMistakesInSections(t *testing.T) {
	for _, tc := range mistakes() {
		t.Run(tc.text, func(t *testing.T) {
			c := parse(t, "version: 1\n"+tc.text+"\n")
			wantProblem(t, c.Validate(known(gate.SectionClasses, gate.SectionWindows)), tc.path, 2)
		})
	}
}

type mistake struct{ text, path string }

func mistakes() []mistake {
	var all []mistake
	for _, some := range [][]mistake{
		mistakenClasses(), mistakenTags(), mistakenPlaces(), mistakenWindows(), mistakenFreezes(), mistakenLimits(),
		mistakenRings(), mistakenCalendars(),
	} {
		all = append(all, some...)
	}
	return all
}

func mistakenClasses() []mistake {
	return []mistake{
		{"classes: {unclassified: off}", "classes.tag"},
		{"classes: {tag: a}", "classes.unclassified"},
		{"classes: {tag: a, unclassified: of}", "classes.unclassified"},
		{"classes: {tag: a, unclassified: off, red: {mode: stop}}", "classes.red.mode"},
		{"classes: {tag: a, unclassified: off, red: {values: []}}", "classes.red.values"},
		{"classes: {tag: a, unclassified: off, red: {values: [a]}, green: {values: [a]}}", "classes.red.values[0]"},
		{"classes: {tag: a, unclassified: off, red: {parameters: {}}}", "classes.red.parameters"},
		{"classes: {tag: a, unclassified: off, red: {parameters: {X.1: {a: 1}}}}", "classes.red.parameters.X.1"},
		{"classes: {tag: a, unclassified: off, red: {parameters: {S3.8: {}}}}", "classes.red.parameters.S3.8"},
		{"classes: {tag: a, unclassified: off, red: {parameters: {S3.8: {a: .nan}}}}", "classes.red.parameters.S3.8"},
		{
			"classes: {tag: a, unclassified: off, red: {parameters: {'standard:cis-5.0.0': {a: 1}}}}",
			"classes.red.parameters.standard:cis-5.0.0",
		},
		{
			"classes: {tag: a, unclassified: off, green: {parameters: {S3.8: {a: 1}, s3.8: {a: 1}}}}",
			"classes.green.parameters.s3.8",
		},
	}
}

func mistakenTags() []mistake {
	return []mistake{
		{"exceptions_by_tag: {controls: [S3.8], days: 9}", "exceptions_by_tag.tag"},
		{"exceptions_by_tag: {tag: a, days: 9}", "exceptions_by_tag.controls"},
		{"exceptions_by_tag: {tag: a, controls: [X.1], days: 9}", "exceptions_by_tag.controls[0]"},
		{"exceptions_by_tag: {tag: a, controls: [S3.8]}", "exceptions_by_tag.days"},
		{"exceptions_by_tag: {tag: a, controls: [S3.8], days: 367}", "exceptions_by_tag.days"},
		{"exceptions_by_tag: {tag: a, controls: [S3.8], days: 9, where: [{}]}", "exceptions_by_tag.where[0]"},
	}
}

func mistakenCalendars() []mistake {
	return []mistake{
		{"calendars: []", "calendars"},
		{"calendars: [{controls: [S3.8]}]", "calendars[0].name"},
		{"calendars: [{name: 'year end'}]", "calendars[0].name"},
		{"calendars: [{name: 'arn:aws:ssm:eu-west-1:1:document/a'}]", "calendars[0].name"},
		{"calendars: [{name: 'arn:aws:s3:::bucket'}]", "calendars[0].name"},
		{"calendars: [{name: releases, controls: [S3.99]}]", "calendars[0].controls[0]"},
		{"calendars: [{name: releases, where: []}]", "calendars[0].where"},
		{"calendars: [{name: releases, impact: [some]}]", "calendars[0].impact[0]"},
	}
}

func mistakenPlaces() []mistake {
	return []mistake{
		{"controls: {S3.8: {mode: auto, where: [{resources: []}]}}", "controls.S3.8.where[0]"},
		{"controls: {S3.8: {mode: auto, where: [{resources: ['*']}]}}", "controls.S3.8.where[0].resources[0]"},
		{"controls: {S3.8: {mode: auto, where: [{severities: [high]}]}}", "controls.S3.8.where[0].severities[0]"},
		{"controls: {S3.8: {mode: auto, where: [{account_tags: {env: []}}]}}", "controls.S3.8.where[0].account_tags"},
		{"controls: {S3.8: {mode: auto, where: [{account_tags: {}}]}}", "controls.S3.8.where[0]"},
		{"controls: {S3.8: {mode: auto, where: [{except: []}]}}", "controls.S3.8.where[0]"},
		{
			"controls: {S3.8: {mode: auto, where: [{except: [{ous: [x]}]}]}}",
			"controls.S3.8.where[0].except[0].ous[0]",
		},
		{
			"controls: {S3.8: {mode: auto, where: [{except: [{regions: [eu-*], except: [{regions: [eu-west-1]}]}]}]}}",
			"controls.S3.8.where[0].except[0].except",
		},
	}
}

func mistakenWindows() []mistake {
	return []mistake{
		{`windows: [{days: [caturday], from: "01:00", to: "02:00", tz: UTC}]`, "windows[0].days[0]"},
		{`windows: [{days: [sat], from: "25:00", to: "02:00", tz: UTC}]`, "windows[0].from"},
		{`windows: [{days: [sat], from: "01:00", to: "2", tz: UTC}]`, "windows[0].to"},
		{`windows: [{days: [sat], from: "01:00", to: "02:00", tz: Moon}]`, "windows[0].tz"},
		{`windows: [{days: [sat], from: "01:00", to: "02:00", tz: Local}]`, "windows[0].tz"},
		{`windows: [{days: [sat], from: "01:00", to: "02:00"}]`, "windows[0].tz"},
		{`windows: []`, "windows"},
		{`windows: [{from: "01:00", to: "02:00", tz: UTC}]`, "windows[0].days"},
		{`windows: [{days: [sat], from: "24:00", to: "02:00", tz: UTC}]`, "windows[0].from"},
		{`windows: [{days: [sat], from: "02:00", to: "02:00", tz: UTC}]`, "windows[0].to"},
		{
			`windows: [{days: [sat], from: "01:00", to: "02:00", tz: UTC, controls: [X.1]}]`,
			"windows[0].controls[0]",
		},
		{
			`windows: [{days: [sat], from: "01:00", to: "02:00", tz: UTC, controls: ["S3 8"]}]`,
			"windows[0].controls[0]",
		},
		{`windows: [{days: [sat], from: "01:00", to: "02:00", tz: UTC, controls: []}]`, "windows[0].controls"},
		{`windows: [{days: [sat], from: "01:00", to: "02:00", tz: UTC, impact: []}]`, "windows[0].impact"},
		{
			`windows: [{days: [sat], from: "01:00", to: "02:00", tz: UTC, where: [{regions: []}]}]`,
			"windows[0].where[0]",
		},
		{
			`windows: [{days: [sat], from: "01:00", to: "02:00", tz: UTC, impact: [may-interrupt]}]`,
			"windows[0].impact[0]",
		},
	}
}

func mistakenFreezes() []mistake {
	return []mistake{
		{`freezes: []`, "freezes"},
		{`freezes: [{from: soon, to: 2027-01-02, tz: UTC, reason: x}]`, "freezes[0].from"},
		{`freezes: [{from: 2027-01-01, tz: UTC, reason: x}]`, "freezes[0].to"},
		{`freezes: [{from: 2027-01-01, to: 2027-01-32, tz: UTC, reason: x}]`, "freezes[0].to"},
		{`freezes: [{from: 2027-01-02, to: 2027-01-01, tz: UTC, reason: x}]`, "freezes[0].to"},
		{`freezes: [{from: 2027-01-01, to: 2027-01-02, tz: CEST, reason: x}]`, "freezes[0].tz"},
		{`freezes: [{from: 2027-01-01, to: 2027-01-02, tz: UTC, reason: ' '}]`, "freezes[0].reason"},
		{`freezes: [{from: 2027-01-01, to: 2027-01-02, tz: UTC, reason: x, where: []}]`, "freezes[0].where"},
		{`freezes: [{from: 2027-01-01, to: 9999-12-31, tz: UTC, reason: x}]`, "freezes[0].to"},
		{`freezes: [{from: 2027-01-01, to: 2028-12-01, tz: UTC, reason: x}]`, "freezes[0].to"},
		{`freezes: [{from: 2028-12-02, to: 2028-12-03, tz: UTC, reason: x}]`, "freezes[0].from"},
		{`freezes: [{from: 1999-12-31, to: 2027-12-03, tz: UTC, reason: x}]`, "freezes[0].from"},
	}
}

func mistakenLimits() []mistake {
	return []mistake{
		{"limits: {attempts: 0}", "limits.attempts"},
		{"limits: {cooldown: -1m}", "limits.cooldown"},
		{"limits: {attempts: 21}", "limits.attempts"},
		{"limits: {stop_after_failures: 0}", "limits.stop_after_failures"},
		{"limits: {stop_after_failures: 501}", "limits.stop_after_failures"},
		{"limits: {at_once_per_account_and_region: 0}", "limits.at_once_per_account_and_region"},
		{"limits: {at_once_per_account_and_region: 101}", "limits.at_once_per_account_and_region"},
		{"limits: {cooldown: 169h}", "limits.cooldown"},
		{"limits: {per_account_per_hour: 3601}", "limits.per_account_per_hour"},
		{"limits: {per_control_per_hour: 0}", "limits.per_control_per_hour"},
		{"limits: {per_control_and_account_per_hour: -2}", "limits.per_control_and_account_per_hour"},
		{"stays_fixed: {read_per_hour: -1}", "stays_fixed.read_per_hour"},
		{"stays_fixed: {read_per_hour: 1201}", "stays_fixed.read_per_hour"},
	}
}

func mistakenRings() []mistake {
	const first = `rings: {order: [{name: lab, where: [{accounts: ["111122223333"]}]}]}`
	return []mistake{
		{"rings: {}", "rings.order"},
		{"rings: {order: []}", "rings.order"},
		{"rings: {advance_after: 3}", "rings.order"},
		{`rings: {advance_after: 0, order: [{name: lab, where: [{regions: [eu-*]}]}]}`, "rings.advance_after"},
		{`rings: {advance_after: 501, order: [{name: lab, where: [{regions: [eu-*]}]}]}`, "rings.advance_after"},
		{`rings: {order: [{name: Lab, where: [{regions: [eu-*]}]}]}`, "rings.order[0].name"},
		{`rings: {order: [{where: [{regions: [eu-*]}]}]}`, "rings.order[0].name"},
		{`rings: {order: [{name: everywhere, where: [{regions: [eu-*]}]}]}`, "rings.order[0].name"},
		{
			`rings: {order: [{name: a, where: [{regions: [eu-*]}]}, {name: a, where: [{regions: [us-*]}]}]}`,
			"rings.order[1].name",
		},
		{`rings: {order: [{name: lab}]}`, "rings.order[0].where"},
		{`rings: {order: [{name: lab, where: []}]}`, "rings.order[0].where"},
		{`rings: {order: [{name: lab, where: [{regions: []}]}]}`, "rings.order[0].where[0]"},
		{"controls: {S3.8: {mode: auto, begins_in: lab}}", "controls.S3.8.begins_in"},
		{"controls: {S3.8: {mode: manual, after: 14d}}", "controls.S3.8.after"},
		{"controls: {S3.8: {mode: auto, after: 366d}}", "controls.S3.8.after"},
		{"controls: {S3.8: {mode: auto, begins_in: prod}}\n" + first, "controls.S3.8.begins_in"},
		{"controls: {S3.8: {mode: manual, begins_in: lab}}\n" + first, "controls.S3.8.begins_in"},
	}
}
