package securityhub

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// parameters are the values of a control's parameters that an account has set, as the API has them.
type parameters map[string]parameter

// parameter is one value: CUSTOM with one member that names its type, or DEFAULT.
type parameter struct {
	ValueType string
	Value     map[string]json.RawMessage `json:",omitempty"`
}

// valueTypes are the members of a value; the lab does not know which of them a control takes.
func valueTypes() []string {
	return []string{"Boolean", "Double", "Enum", "EnumList", "Integer", "IntegerList", "String", "StringList"}
}

// updateSecurityControl sets parameters of a control in the caller's account and Region. What is set to DEFAULT is
// forgotten: the lab does not know the defaults of AWS.
func (h *Hub) updateSecurityControl(_ context.Context, c call) (any, error) {
	var request struct {
		SecurityControlID string `json:"SecurityControlId"`
		Parameters        parameters
		LastUpdateReason  string
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if !isControl(request.SecurityControlID) {
		return nil, invalidInput("Invalid parameter: SecurityControlId")
	}
	if len(request.Parameters) == 0 {
		return nil, invalidInput("Invalid parameter: Parameters should not be empty")
	}
	for name, p := range request.Parameters {
		if err := p.check(name); err != nil {
			return nil, err
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.in(c.region).parameters
	if all[c.account] == nil {
		all[c.account] = map[string]parameters{}
	}
	next := maps.Clone(all[c.account][request.SecurityControlID])
	if next == nil {
		next = parameters{}
	}
	for name, p := range request.Parameters {
		if next[name] = p; p.ValueType == "DEFAULT" {
			delete(next, name)
		}
	}
	all[c.account][request.SecurityControlID] = next
	return map[string]any{}, nil
}

// isControl tells ids and ARNs of security controls.
func isControl(id string) bool {
	return regexp.MustCompile(`^(arn:aws[a-z-]*:securityhub:[a-z0-9-]+:[0-9]{12}:security-control/)?` +
		`[A-Za-z0-9]+[.][0-9]+$`).MatchString(id)
}

func (p parameter) check(name string) error {
	switch {
	case p.ValueType == "DEFAULT":
		return nil
	case p.ValueType != "CUSTOM":
		return invalidInput("Invalid parameter: ValueType of %s should be DEFAULT or CUSTOM", name)
	case len(p.Value) != 1:
		return invalidInput("Invalid parameter: %s should have a value of one type", name)
	}
	for kind := range p.Value {
		if !slices.Contains(valueTypes(), kind) {
			return invalidInput("Invalid parameter: %s has a value of type %s", name, kind)
		}
	}
	return nil
}

// batchGetSecurityControls answers what is set in the caller's account and Region. It takes every id that has the form
// of one: which controls there are, the lab does not know.
func (h *Hub) batchGetSecurityControls(_ context.Context, c call) (any, error) {
	var request struct {
		SecurityControlIDs []string `json:"SecurityControlIds"`
	}
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if count := len(request.SecurityControlIDs); count == 0 || count > maxBatch {
		return nil, invalidInput("SecurityControlIds must hold 1 to %d ids, not %d", maxBatch, count)
	}
	found, unknown := []any{}, []any{}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, named := range request.SecurityControlIDs {
		id := named[strings.LastIndex(named, "/")+1:]
		if !isControl(named) {
			unknown = append(unknown, map[string]any{
				"SecurityControlId": named, "ErrorCode": "NOT_FOUND", "ErrorReason": "Security control not found",
			})
			continue
		}
		one := map[string]any{
			"SecurityControlId":     id,
			"SecurityControlArn":    controlARN(c.caller, id),
			"Title":                 "Control " + id + " should pass",
			"Description":           "This control checks what " + id + " asks for.",
			"RemediationUrl":        "https://docs.aws.amazon.com/console/securityhub/" + id + "/remediation",
			"SeverityRating":        "MEDIUM",
			"SecurityControlStatus": "ENABLED",
			"UpdateStatus":          "READY",
			"Parameters":            parameters{},
		}
		if set := h.in(c.region).parameters[c.account][id]; set != nil {
			one["Parameters"] = set
		}
		found = append(found, one)
	}
	return map[string]any{"SecurityControls": found, "UnprocessedIds": unknown}, nil
}

func controlARN(c caller, id string) string {
	return fmt.Sprintf("arn:%s:securityhub:%s:%s:security-control/%s", partition(c.region), c.region, c.account, id)
}

// carried are parameters as a finding carries them, by name.
func carried(set map[string][]string) []any {
	var list []any
	for _, name := range slices.Sorted(maps.Keys(set)) {
		list = append(list, map[string]any{"Name": name, "Value": set[name]})
	}
	return list
}
