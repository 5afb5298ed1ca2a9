package notice

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// machineVersion is the version of docs/schema/notice-v1.json. Fields may be added to a version, never
// changed or removed.
const machineVersion = 1

// event is a notice for programs.
type event struct {
	Version        int           `json:"version"`
	Kind           Kind          `json:"kind"`
	Of             Kind          `json:"of,omitempty"`
	Control        string        `json:"control"`
	Title          string        `json:"title,omitempty"`
	Severity       string        `json:"severity,omitempty"`
	Account        string        `json:"account,omitempty"`
	AccountName    string        `json:"account_name,omitempty"`
	Region         string        `json:"region,omitempty"`
	Resource       string        `json:"resource,omitempty"`
	Said           string        `json:"said,omitempty"`
	Rule           string        `json:"rule,omitempty"`
	Reason         string        `json:"reason,omitempty"`
	Changes        []eventChange `json:"changes"`
	ChangesLeftOut int           `json:"changes_left_out,omitempty"`
	Effect         string        `json:"effect,omitempty"`
	Impact         string        `json:"impact,omitempty"`
	Left           string        `json:"left,omitempty"`
	Actor          string        `json:"actor,omitempty"`
	Who            string        `json:"who,omitempty"`
	Time           *time.Time    `json:"time,omitempty"`
	RunID          string        `json:"run_id,omitempty"`
	Undoes         string        `json:"undoes,omitempty"`
	Undo           string        `json:"undo,omitempty"`
	ToDo           string        `json:"to_do,omitempty"`
	Approvers      string        `json:"approvers,omitempty"`
	Until          *time.Time    `json:"until,omitempty"`
	Finding        string        `json:"finding,omitempty"`
	Link           string        `json:"link,omitempty"`
	Contact        string        `json:"contact,omitempty"`
	Docs           string        `json:"docs,omitempty"`
	Entries        []eventEntry  `json:"entries,omitempty"`
	EntriesLeftOut int           `json:"entries_left_out,omitempty"`
}

// eventChange has the names of a change in docs/schema/run-v1.json.
type eventChange struct {
	Path  string `json:"path"`
	From  any    `json:"from"`
	To    any    `json:"to"`
	Stays string `json:"stays,omitempty"`
}

type eventEntry struct {
	Region   string     `json:"region,omitempty"`
	Resource string     `json:"resource"`
	Summary  string     `json:"summary,omitempty"` // of the changes
	RunID    string     `json:"run_id,omitempty"`
	Time     *time.Time `json:"time,omitempty"`
	Reason   string     `json:"reason,omitempty"`
}

// Machine returns the notice as JSON for programs, as docs/schema/notice-v1.json describes it.
func Machine(n Notice) (string, error) { return machine(n, whole()) }

func machine(n Notice, show lists) (string, error) {
	e := event{
		Version: machineVersion, Kind: n.Kind, Of: n.Of, Control: jsonText(n.Control), Title: jsonText(n.Title),
		Severity: jsonText(n.Severity), Account: jsonText(n.Account), Region: jsonText(n.Region),
		Resource: jsonName(n.Resource), Reason: jsonText(n.Why), Effect: jsonText(plainEffect(n)), Left: jsonText(n.Left),
		AccountName: jsonText(n.AccountName), Said: jsonText(n.Said), Rule: jsonText(n.Rule), Who: jsonText(n.Who),
		Contact: jsonText(n.Contact), Docs: jsonName(n.Docs), Actor: jsonText(n.Actor),
		Time: moment(n.When), RunID: jsonText(n.RunID), Undoes: jsonText(n.Undoes),
		Undo: jsonCommand(n, n.Undo),
		ToDo: jsonCommand(n, n.ToDo), Approvers: jsonText(n.Approvers), Until: moment(n.Until),
		Finding: jsonName(n.Finding), Link: link(n), Changes: []eventChange{},
	}
	if e.Effect != "" {
		e.Impact = jsonText(string(n.Impact))
	}
	shown, left := cutChanges(n.Changes, show.changes)
	e.ChangesLeftOut = left
	for _, c := range shown {
		e.Changes = append(e.Changes, eventChange{
			Path: jsonText(c.Path), From: jsonValue(c.Was), To: jsonValue(c.Is), Stays: oneLine(c.Lasting, maxStays),
		})
	}
	e.EntriesLeftOut = max(len(n.Entries)-show.entries, 0)
	for _, entry := range n.Entries[:min(len(n.Entries), show.entries)] {
		e.Entries = append(e.Entries, eventEntry{
			Region: oneLine(entry.Region, maxValue), Resource: jsonName(entry.Resource),
			Summary: jsonText(Summary(entry.Changes, maxText)), RunID: oneLine(entry.RunID, maxValue), Time: moment(entry.When),
			Reason: jsonText(entry.Why),
		})
	}
	return encode(e)
}

// plainEffect is the effect without what the impact adds to it, which programs get as it is.
func plainEffect(n Notice) string {
	n.Impact = ""
	return effect(n)
}

// encode writes JSON without the escapes meant for web pages, which would triple a hostile text.
func encode(v any) (string, error) {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return "", fmt.Errorf("encode a notice: %w", err)
	}
	return string(bytes.TrimRight(out.Bytes(), "\n")), nil
}

// Attributes are what subscribers filter by, none of them empty.
func (n Notice) Attributes() map[string]string {
	all := map[string]string{}
	for name, value := range map[string]string{
		"kind": string(n.Kind), "of": string(n.Of), "outcome": string(n.about()), "control": n.Control,
		"account": n.Account, "severity": n.Severity, "region": n.Region,
	} {
		if value = attributeText(value); value != "" {
			all[name] = value
		}
	}
	return all
}

// moment is a time in UTC to the second; no time is null.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC().Truncate(time.Second)
	return &t
}
