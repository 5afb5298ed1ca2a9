package organisation

import (
	"net/http"
	"slices"
	"strings"
)

func inspectorWords() dialect {
	return dialect{denied: "AccessDeniedException", conflict: "ConflictException", invalid: "ValidationException"}
}

// inspectorScans are the types of scans, as the answers call them.
func inspectorScans() []string {
	return []string{"ec2", "ecr", "lambda", "lambdaCode", "codeRepository"}
}

// inspector are the operations of Amazon Inspector for an organization.
func (w *World) inspector() *http.ServeMux {
	mux := http.NewServeMux()
	w.route(mux, "POST /delegatedadminaccounts/list", w.inspectorAdmins)
	w.route(mux, "POST /delegatedadminaccounts/enable", func(c call) (any, error) { return w.inspectorAdmin(c, true) })
	w.route(mux, "POST /delegatedadminaccounts/disable", func(c call) (any, error) { return w.inspectorAdmin(c, false) })
	w.route(mux, "POST /filters/list", w.held("inspector2", "filter", "filters", "name"))
	w.route(mux, "POST /cis/scan-configuration/list", w.held("inspector2", "CIS scan", "scanConfigurations", "scanName"))
	w.route(mux, "POST /enable", w.inspectorEnable)
	w.route(mux, "POST /status/batch/get", w.inspectorStatus)
	w.route(mux, "POST /organizationconfiguration/describe", w.inspectorConfiguration)
	w.route(mux, "POST /organizationconfiguration/update", w.inspectorConfigure)
	w.route(mux, "POST /members/associate", w.inspectorAssociate)
	w.route(mux, "POST /members/list", w.inspectorMembers)
	return mux
}

func (w *World) inspectorAdmins(c call) (any, error) {
	if err := w.asked(inspectorWords(), c); err != nil {
		return nil, err
	}
	list := []any{}
	if p := w.in("inspector2", c.region); p.Administrator != "" {
		list = append(list, map[string]any{"accountId": p.Administrator, "status": "ENABLED"})
	}
	return map[string]any{"delegatedAdminAccounts": list}, nil
}

func (w *World) inspectorAdmin(c call, on bool) (any, error) {
	var in struct {
		Account string `json:"delegatedAdminAccountId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	out := map[string]any{"delegatedAdminAccountId": in.Account}
	if !on {
		return out, w.dismiss("inspector2", inspectorWords(), c, in.Account)
	}
	return out, w.name("inspector2", "inspector2.amazonaws.com", inspectorWords(), c, in.Account)
}

func (w *World) inspectorEnable(c call) (any, error) {
	p, err := w.administrator("inspector2", inspectorWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Accounts []string `json:"accountIds"`
		Types    []string `json:"resourceTypes"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if len(in.Accounts) > 100 {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "more than 100 accounts")
	}
	done, failed := []any{}, []any{}
	for _, account := range in.Accounts {
		if account != c.account && p.Members[account] != "ENABLED" {
			failed = append(failed, map[string]any{
				"accountId": account, "errorCode": "ACCESS_DENIED", "errorMessage": "The account is no member.",
			})
			continue
		}
		if p.On[account] == nil {
			p.On[account] = map[string]bool{}
		}
		for _, name := range inspectorScans() {
			if slices.ContainsFunc(in.Types, func(t string) bool {
				return strings.EqualFold(strings.ReplaceAll(t, "_", ""), name)
			}) {
				p.On[account][name] = true
			}
		}
		done = append(done, map[string]any{"accountId": account, "status": "ENABLING", "resourceStatus": map[string]any{
			"ec2": "ENABLING", "ecr": "ENABLING",
		}})
	}
	return map[string]any{"accounts": done, "failedAccounts": failed}, nil
}

func (w *World) inspectorStatus(c call) (any, error) {
	p, err := w.administrator("inspector2", inspectorWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Accounts []string `json:"accountIds"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	list, failed := []any{}, []any{}
	for _, account := range in.Accounts {
		if account != c.account && p.Members[account] == "" {
			failed = append(failed, map[string]any{
				"accountId": account, "errorCode": "ACCESS_DENIED", "errorMessage": "The account is no member.",
			})
			continue
		}
		resources, state := map[string]any{}, "DISABLED"
		for _, name := range inspectorScans() {
			one := "DISABLED"
			if p.On[account][name] {
				one, state = "ENABLED", "ENABLED"
			}
			resources[name] = map[string]any{"status": one, "errorCode": "", "errorMessage": ""}
		}
		list = append(list, map[string]any{
			"accountId": account, "resourceState": resources,
			"state": map[string]any{"status": state, "errorCode": "", "errorMessage": ""},
		})
	}
	return map[string]any{"accounts": list, "failedAccounts": failed}, nil
}

func (w *World) inspectorConfiguration(c call) (any, error) {
	p, err := w.administrator("inspector2", inspectorWords(), c)
	if err != nil {
		return nil, err
	}
	auto, set := p.Set["auto"].(map[string]bool)
	if !set {
		auto = map[string]bool{"ec2": false, "ecr": false}
	}
	return map[string]any{"autoEnable": auto, "maxAccountLimitReached": false}, nil
}

func (w *World) inspectorConfigure(c call) (any, error) {
	p, err := w.administrator("inspector2", inspectorWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Auto map[string]bool `json:"autoEnable"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	for _, required := range []string{"ec2", "ecr"} {
		if _, given := in.Auto[required]; !given {
			return nil, refuse(http.StatusBadRequest, "ValidationException", "autoEnable.%s is required", required)
		}
	}
	p.Set["auto"] = in.Auto
	return map[string]any{"autoEnable": in.Auto}, nil
}

func (w *World) inspectorAssociate(c call) (any, error) {
	p, err := w.administrator("inspector2", inspectorWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Account string `json:"accountId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if !w.active(in.Account) {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "The account is not in the organization.")
	}
	// It is asynchronous: whoever looks at once does not see it yet.
	if p.Members[in.Account] == "" {
		p.Members[in.Account] = "CREATED"
	}
	return map[string]any{"accountId": in.Account}, nil
}

func (w *World) inspectorMembers(c call) (any, error) {
	p, err := w.administrator("inspector2", inspectorWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Next string `json:"nextToken"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	page, next := pageOf(p.Members, in.Next)
	list := []any{}
	for _, account := range page {
		list = append(list, map[string]any{
			"accountId": account, "relationshipStatus": p.Members[account], "delegatedAdminAccountId": c.account,
		})
		if p.Members[account] == "CREATED" {
			p.Members[account] = "ENABLED"
		}
	}
	out := map[string]any{"members": list}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}
