package organisation

import (
	"net/http"
	"slices"
)

const detectivePrincipal = "detective.amazonaws.com"

func detectiveWords() dialect {
	return dialect{denied: "AccessDeniedException", conflict: "ConflictException", invalid: "ValidationException"}
}

// detective are the operations of Amazon Detective for an organization.
func (w *World) detective() *http.ServeMux {
	mux := http.NewServeMux()
	w.route(mux, "POST /orgs/adminAccountslist", w.detectiveAdmins)
	w.route(mux, "POST /orgs/enableAdminAccount", w.detectiveName)
	w.route(mux, "POST /orgs/disableAdminAccount", w.detectiveDismiss)
	w.route(mux, "POST /graphs/list", w.graphs)
	w.route(mux, "POST /orgs/describeOrganizationConfiguration", w.graph(w.detectiveConfiguration))
	w.route(mux, "POST /orgs/updateOrganizationConfiguration", w.graph(w.detectiveConfigure))
	w.route(mux, "POST /graph/members", w.graph(w.detectiveEnrol))
	w.route(mux, "POST /graph/members/list", w.graph(w.detectiveMembers))
	return mux
}

// graphRequest is what operations on a graph get.
type graphRequest struct {
	Graph    string `json:"GraphArn"`
	Auto     bool   `json:"AutoEnable"`
	Next     string `json:"NextToken"`
	Accounts []struct {
		ID    string `json:"AccountId"`
		Email string `json:"EmailAddress"`
	}
}

func (w *World) graphARN(c call, account string) string {
	return "arn:" + w.partition() + ":detective:" + c.region + ":" + account + ":graph:0123456789abcdef0123456789abcdef"
}

func (w *World) detectiveAdmins(c call) (any, error) {
	if err := w.asked(detectiveWords(), c); err != nil {
		return nil, err
	}
	list := []any{}
	if p := w.in("detective", c.region); p.Administrator != "" {
		list = append(list, map[string]any{"AccountId": p.Administrator, "GraphArn": w.graphARN(c, p.Administrator)})
	}
	return map[string]any{"Administrators": list}, nil
}

// detectiveName takes whom AWS Organizations has as delegated administrator, or the management account.
func (w *World) detectiveName(c call) (any, error) {
	var in struct {
		Account string `json:"AccountId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	words := detectiveWords()
	for account, principals := range w.org.Delegated {
		if account != in.Account && in.Account != w.options.Management && slices.Contains(principals, detectivePrincipal) {
			return nil, words.no(words.invalid, "Account %s is the delegated administrator in AWS Organizations", account)
		}
	}
	if err := w.name("detective", detectivePrincipal, words, c, in.Account); err != nil {
		return nil, err
	}
	return struct{}{}, nil
}

func (w *World) detectiveDismiss(c call) (any, error) {
	p := w.in("detective", c.region)
	if err := w.dismiss("detective", detectiveWords(), c, p.Administrator); err != nil {
		return nil, err
	}
	p.Set = map[string]any{} // the graph goes with its administrator
	return struct{}{}, nil
}

// graphs lists none until the administrator is let in.
func (w *World) graphs(c call) (any, error) {
	list := []any{}
	p := w.in("detective", c.region)
	if p.Administrator == c.account {
		if _, err := w.administrator("detective", detectiveWords(), c); err == nil {
			list = append(list, map[string]any{"Arn": w.graphARN(c, c.account), "CreatedTime": "2026-01-01T00:00:00Z"})
		}
	}
	return map[string]any{"GraphList": list}, nil
}

// graph is open for the administrator, with his graph.
func (w *World) graph(do func(c call, p *place, in graphRequest) (any, error)) operation {
	return func(c call) (any, error) {
		p, err := w.administrator("detective", detectiveWords(), c)
		if err != nil {
			return nil, err
		}
		var in graphRequest
		if err := c.read(&in); err != nil {
			return nil, err
		}
		if in.Graph != w.graphARN(c, c.account) {
			return nil, refuse(http.StatusNotFound, "ResourceNotFoundException", "The graph does not exist.")
		}
		return do(c, p, in)
	}
}

func (w *World) detectiveConfiguration(_ call, p *place, _ graphRequest) (any, error) {
	return map[string]any{"AutoEnable": p.Set["auto"] == true}, nil
}

func (w *World) detectiveConfigure(_ call, p *place, in graphRequest) (any, error) {
	p.Set["auto"] = in.Auto
	return struct{}{}, nil
}

func (w *World) detectiveEnrol(c call, p *place, in graphRequest) (any, error) {
	if len(in.Accounts) > 50 {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "more than 50 accounts")
	}
	taken, rejected := []any{}, []any{}
	for _, a := range in.Accounts {
		reason := ""
		switch {
		case !w.active(a.ID):
			reason = "The account is not an active member of the organization."
		case a.Email == "":
			reason = "The email address is missing."
		case p.Members[a.ID] != "":
			reason = "The account is already a member of the graph."
		}
		if reason != "" {
			rejected = append(rejected, map[string]any{"AccountId": a.ID, "Reason": reason})
			continue
		}
		p.Members[a.ID] = "VERIFICATION_IN_PROGRESS"
		taken = append(taken, map[string]any{"AccountId": a.ID, "GraphArn": in.Graph, "Status": p.Members[a.ID]})
	}
	return map[string]any{"Members": taken, "UnprocessedAccounts": rejected}, nil
}

// detectiveMembers has verified an account when somebody looks again.
func (w *World) detectiveMembers(c call, p *place, in graphRequest) (any, error) {
	page, next := pageOf(p.Members, in.Next)
	list := []any{}
	for _, account := range page {
		m := map[string]any{
			"AccountId": account, "AdministratorId": c.account, "GraphArn": in.Graph, "InvitationType": "ORGANIZATION",
			"Status": p.Members[account],
		}
		if p.Members[account] == "ACCEPTED_BUT_DISABLED" {
			m["DisabledReason"] = "VOLUME_UNKNOWN"
		}
		list = append(list, m)
		if p.Members[account] == "VERIFICATION_IN_PROGRESS" {
			p.Members[account] = "ENABLED"
		}
	}
	out := map[string]any{"MemberDetails": list}
	if next != "" {
		out["NextToken"] = next
	}
	return out, nil
}
