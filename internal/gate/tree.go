package gate

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/salve-security/salve/internal/control"
)

// tree is a part of the document by the names of its entries.
type tree map[string]any

// set is a list whose order means nothing, by the text of its elements.
type set map[string]any

// MarshalJSON writes the elements as the list they are.
func (s set) MarshalJSON() ([]byte, error) {
	list := make([]any, 0, len(s))
	for _, key := range slices.Sorted(maps.Keys(s)) {
		list = append(list, s[key])
	}
	content, err := json.Marshal(list)
	if err != nil {
		return nil, fmt.Errorf("render a list: %w", err)
	}
	return content, nil
}

// treeOf is the document with names for whatever can be told apart by them. The version is left out: it says
// how to read the rest.
func treeOf(c Config) (tree, error) {
	controls, exceptions := tree{}, tree{}
	for key, rule := range c.Controls {
		entry, err := ruleTree(rule)
		if err != nil {
			return nil, err
		}
		controls[key] = entry
	}
	for _, e := range c.Exceptions {
		key := e.Control + " " + e.Resource
		for n := 2; exceptions[key] != nil; n++ {
			key = e.Control + " " + e.Resource + " " + strconv.Itoa(n)
		}
		entry, err := plainTree(e)
		if err != nil {
			return nil, err
		}
		delete(entry, "control")
		delete(entry, "resource")
		exceptions[key] = entry
	}
	rest := c
	rest.Controls, rest.Exceptions, rest.Version = nil, nil, 0
	whole, err := plainTree(rest)
	if err != nil {
		return nil, err
	}
	delete(whole, "version")
	whole["controls"], whole["exceptions"] = controls, exceptions
	for _, section := range []string{"defaults", "limits", "approvals", "rings"} { // each of their fields is one entry
		fields, _ := whole[section].(map[string]any)
		whole[section] = tree(fields)
	}
	return whole, nil
}

// ruleTree is the entry of a control or a standard. Places differ by what is in them.
func ruleTree(r Rule) (tree, error) {
	entry, err := plainTree(r)
	if err != nil {
		return nil, err
	}
	if params, ok := entry["parameters"].(map[string]any); ok {
		entry["parameters"] = tree(params)
	}
	if runbook, ok := entry["runbook"].(map[string]any); ok {
		entry["runbook"] = tree(runbook)
	}
	for field, list := range map[string][]Where{"where": r.Where, offIn: r.OffIn} {
		if len(list) == 0 {
			continue
		}
		if entry[field], err = placeSet(list); err != nil {
			return nil, err
		}
	}
	return entry, nil
}

// placeSet is a list of places, whose order means nothing.
func placeSet(list []Where) (set, error) {
	places := set{}
	for _, w := range list {
		place, err := plainTree(w.sorted())
		if err != nil {
			return nil, err
		}
		places[control.Text(map[string]any(place))] = map[string]any(place)
	}
	return places, nil
}

// sorted is the place with its lists in order and nothing twice.
func (w Where) sorted() Where {
	order := func(list []string) []string { return slices.Compact(slices.Sorted(slices.Values(list))) }
	ordered := func(all map[string][]string) map[string][]string {
		tags := make(map[string][]string, len(all))
		for key, values := range all {
			tags[key] = order(values)
		}
		return tags
	}
	return Where{
		Accounts: order(w.Accounts), OUs: order(w.OUs), Regions: order(w.Regions), Tags: ordered(w.Tags),
		AccountTags: ordered(w.AccountTags),
		Resources:   order(w.Resources), Severities: order(w.Severities), Except: w.Except,
	}
}

// plainTree is a value as its JSON has it.
func plainTree(v any) (tree, error) {
	content, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("render the configuration: %w", err)
	}
	var out tree
	if err := json.Unmarshal(content, &out); err != nil {
		return nil, fmt.Errorf("read the rendered configuration: %w", err)
	}
	return out, nil
}
