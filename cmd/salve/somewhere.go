package main

import (
	"reflect"
	"strings"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/gate"
)

// somewhere are the places that a rule is about.
type somewhere struct {
	Account  several  `placeholder:"ID" help:"Only in these accounts."`
	OU       several  `name:"ou" placeholder:"OU" help:"Only in these organizational units."`
	Region   several  `placeholder:"REGION" help:"Only in these Regions; eu-* works."`
	Tag      []string `sep:"none" placeholder:"KEY=VALUE" help:"Only with this tag; again for more values or keys."`
	Resource []string `sep:"none" placeholder:"ARN" help:"Only these resources, by ARN or id; * stands for anything."`
	Severity several  `placeholder:"LABEL" help:"Only findings of this severity, such as CRITICAL."`
	LeftOut  []string `name:"except" sep:"none" placeholder:"WHAT=VALUE" help:"${help_except}"`
}

// where is the place that the flags name, none if they name none.
func (c *somewhere) where() ([]gate.Where, error) {
	if err := accounts(c.Account...); err != nil {
		return nil, err
	}
	if err := regions(c.Region...); err != nil {
		return nil, err
	}
	if err := units(c.OU...); err != nil {
		return nil, err
	}
	if err := resourcesAndSeverities(c.Resource, c.Severity); err != nil {
		return nil, err
	}
	tags, err := parseTags(c.Tag)
	if err != nil {
		return nil, err
	}
	out, err := leftOut(c.LeftOut)
	place := gate.Where{
		Accounts: c.Account, OUs: c.OU, Regions: c.Region, Tags: tags, Resources: c.Resource, Severities: c.Severity,
		Except: out,
	}
	if err != nil || reflect.ValueOf(place).IsZero() {
		return nil, err
	}
	return []gate.Where{place}, nil
}

// resourcesAndSeverities refuses what could never match.
func resourcesAndSeverities(resources, severities []string) error {
	for _, id := range resources {
		if !place(gate.Where{Resources: []string{id}}) {
			return fault.New(fault.Invalid, "--resource %q is no resource: write an ARN or id, * standing for anything", id)
		}
	}
	for _, label := range severities {
		if !place(gate.Where{Severities: []string{label}}) {
			return fault.New(fault.Invalid, "--severity %q is no severity: write CRITICAL, HIGH, MEDIUM, LOW or INFORMATIONAL",
				label)
		}
	}
	return nil
}

// place tells that the gate understands a place.
func place(w gate.Where) bool {
	return check("S3.8", gate.Rule{Mode: gate.Auto, Where: []gate.Where{w}}) == nil
}

// leftOut are the places that are left out, one for each flag.
func leftOut(list []string) (out []gate.Where, err error) {
	for _, text := range list {
		what, value, _ := strings.Cut(text, "=")
		var w gate.Where
		switch what {
		case "account":
			w.Accounts, err = []string{value}, accounts(value)
		case "ou":
			w.OUs, err = []string{value}, units(value)
		case "region":
			w.Regions, err = []string{value}, regions(value)
		case "tag":
			w.Tags, err = parseTags([]string{value})
		case "resource":
			w.Resources, err = []string{value}, resourcesAndSeverities([]string{value}, nil)
		case "severity":
			w.Severities, err = []string{value}, resourcesAndSeverities(nil, []string{value})
		default:
			return nil, fault.New(fault.Invalid, "--except %q names nothing to leave out: write account=ID, ou=OU, "+
				"region=REGION, tag=KEY=VALUE, resource=ARN or severity=LABEL", text)
		}
		if err != nil {
			return nil, fault.New(fault.Invalid, "--except %s: %w", text, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// units refuses what is no organizational unit.
func units(ids ...string) error {
	for _, id := range ids {
		if err := check("S3.8", gate.Rule{Mode: gate.Auto, Where: []gate.Where{{OUs: []string{id}}}}); err != nil {
			return fault.New(fault.Invalid, "--ou %q is no organizational unit: write the id of a unit or root, such as "+
				"ou-ab12-prod1234", id)
		}
	}
	return nil
}

// parseTags collects the values of each key.
func parseTags(list []string) (map[string][]string, error) {
	var tags map[string][]string
	for _, tag := range list {
		key, value, ok := strings.Cut(tag, "=")
		if !ok || key == "" {
			return nil, fault.New(fault.Invalid, "--tag %q is no tag: write KEY=VALUE", tag)
		}
		if tags == nil {
			tags = map[string][]string{}
		}
		tags[key] = append(tags[key], value)
	}
	return tags, nil
}
