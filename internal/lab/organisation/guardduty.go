package organisation

import (
	"net/http"
	"strings"
)

// guardDutyPlans are the features of a detector that are played.
func guardDutyPlans() []string {
	return []string{
		"S3_DATA_EVENTS", "EKS_AUDIT_LOGS", "EBS_MALWARE_PROTECTION", "RDS_LOGIN_EVENTS", "LAMBDA_NETWORK_LOGS",
		"RUNTIME_MONITORING",
	}
}

// guardDutyWords: GuardDuty has one code for whatever is wrong.
func guardDutyWords() dialect {
	const bad = "BadRequestException"
	return dialect{denied: bad, conflict: bad, invalid: bad}
}

// guardDuty are the operations of Amazon GuardDuty for an organization, and detectors as far as they need them.
func (w *World) guardDuty() *http.ServeMux {
	mux := http.NewServeMux()
	w.route(mux, "GET /admin", w.guardDutyAdmins)
	w.route(mux, "POST /admin/enable", func(c call) (any, error) { return w.guardDutyAdmin(c, true) })
	w.route(mux, "POST /admin/disable", func(c call) (any, error) { return w.guardDutyAdmin(c, false) })
	w.route(mux, "GET /detector", w.listDetectors)
	w.route(mux, "POST /detector", w.createDetector)
	w.route(mux, "GET /detector/{id}", w.detector(w.getDetector))
	w.route(mux, "POST /detector/{id}", w.detector(w.updateDetector))
	w.route(mux, "GET /detector/{id}/admin", w.detector(w.guardDutyConfiguration))
	w.route(mux, "POST /detector/{id}/admin", w.detector(w.guardDutyConfigure))
	w.route(mux, "GET /detector/{id}/member", w.detector(w.guardDutyMembers))
	w.route(mux, "POST /detector/{id}/member", w.detector(w.guardDutyEnrol))
	w.route(mux, "POST /detector/{id}/member/detector/get", w.detector(w.guardDutyOn))
	w.route(mux, "POST /detector/{id}/member/invite", w.detector(w.guardDutyInvite))
	w.route(mux, "GET /detector/{id}/filter", w.held("guardduty", "filter", "filterNames"))
	w.route(mux, "GET /detector/{id}/ipset", w.held("guardduty", "list of trusted addresses", "ipSetIds"))
	w.route(mux, "GET /detector/{id}/threatintelset", w.held("guardduty", "threat list", "threatIntelSetIds"))
	w.route(mux, "GET /detector/{id}/publishingDestination",
		w.held("guardduty", "export of findings", "destinations", "destinationId"))
	w.route(mux, "GET /invitation", func(c call) (any, error) {
		return map[string]any{"invitations": w.invited("guardduty", c, "accountId", "invitationId")}, nil
	})
	w.route(mux, "POST /detector/{id}/administrator", w.detector(w.guardDutyAccept))
	return mux
}

func (w *World) guardDutyAdmins(c call) (any, error) {
	if err := w.asked(guardDutyWords(), c); err != nil {
		return nil, err
	}
	list := []any{}
	if p := w.in("guardduty", c.region); p.Administrator != "" {
		list = append(list, map[string]any{"adminAccountId": p.Administrator, "adminStatus": "ENABLED"})
	}
	return map[string]any{"adminAccounts": list}, nil
}

func (w *World) guardDutyAdmin(c call, on bool) (any, error) {
	var in struct {
		Account string `json:"adminAccountId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if !on {
		return struct{}{}, w.dismiss("guardduty", guardDutyWords(), c, in.Account)
	}
	if err := w.name("guardduty", "guardduty.amazonaws.com", guardDutyWords(), c, in.Account); err != nil {
		return nil, err
	}
	// It is switched on for the administrator with every plan that is billed, unless it is on.
	if p := w.in("guardduty", c.region); p.On[in.Account] == nil {
		p.On[in.Account] = map[string]bool{}
		for _, plan := range guardDutyPlans()[:5] {
			p.On[in.Account][plan] = true
		}
	}
	return struct{}{}, nil
}

// detectorID is the one detector that an account has in a Region.
func detectorID(c call) string {
	return strings.ReplaceAll(c.account+c.region, "-", "")
}

// detector is open for a caller with that detector.
func (w *World) detector(do operation) operation {
	return func(c call) (any, error) {
		if w.in("guardduty", c.region).On[c.account] == nil || c.path("id") != detectorID(c) {
			return nil, refuse(http.StatusBadRequest, "BadRequestException",
				"The request is rejected because the input detectorId is not owned by the current account.")
		}
		return do(c)
	}
}

func (w *World) listDetectors(c call) (any, error) {
	ids := []string{}
	if w.in("guardduty", c.region).On[c.account] != nil {
		ids = append(ids, detectorID(c))
	}
	return map[string]any{"detectorIds": ids}, nil
}

// feature is a plan as a detector and an organization have it.
type feature struct {
	Name       string `json:"name"`
	Status     string `json:"status,omitempty"`
	AutoEnable string `json:"autoEnable,omitempty"`
}

func (w *World) createDetector(c call) (any, error) {
	var in struct {
		Features []feature `json:"features"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p := w.in("guardduty", c.region)
	if p.On[c.account] != nil {
		return nil, refuse(http.StatusBadRequest, "BadRequestException",
			"The request is rejected because a detector already exists for the current account.")
	}
	p.On[c.account] = map[string]bool{}
	if in.Features == nil {
		for _, plan := range guardDutyPlans()[:5] {
			p.On[c.account][plan] = true
		}
	}
	for _, f := range in.Features {
		if f.Status == "ENABLED" {
			p.On[c.account][f.Name] = true
		}
	}
	return map[string]any{"detectorId": detectorID(c)}, nil
}

func (w *World) getDetector(c call) (any, error) {
	return map[string]any{
		"status": "ENABLED", "serviceRole": "role", "features": statuses(w.in("guardduty", c.region).On[c.account]),
	}, nil
}

func statuses(on map[string]bool) []feature {
	all := []feature{}
	for _, plan := range guardDutyPlans() {
		status := "DISABLED"
		if on[plan] {
			status = "ENABLED"
		}
		all = append(all, feature{Name: plan, Status: status})
	}
	return all
}

func (w *World) updateDetector(c call) (any, error) {
	var in struct {
		Features []feature `json:"features"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	for _, f := range in.Features {
		w.in("guardduty", c.region).On[c.account][f.Name] = f.Status == "ENABLED"
	}
	return struct{}{}, nil
}

func (w *World) guardDutyConfiguration(c call) (any, error) {
	p, err := w.administrator("guardduty", guardDutyWords(), c)
	if err != nil {
		return nil, err
	}
	mode, _ := p.Set["mode"].(string)
	if mode == "" {
		mode = "NONE"
	}
	all := []feature{}
	for _, plan := range guardDutyPlans() {
		auto, _ := p.Set[plan].(string)
		if auto == "" {
			auto = "NONE"
		}
		all = append(all, feature{Name: plan, AutoEnable: auto})
	}
	return map[string]any{
		"autoEnable": mode != "NONE", "autoEnableOrganizationMembers": mode, "memberAccountLimitReached": false,
		"features": all,
	}, nil
}

func (w *World) guardDutyConfigure(c call) (any, error) {
	p, err := w.administrator("guardduty", guardDutyWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Mode     string    `json:"autoEnableOrganizationMembers"`
		Features []feature `json:"features"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p.Set["mode"] = in.Mode
	for _, f := range in.Features {
		p.Set[f.Name] = f.AutoEnable
		for account := range p.Members {
			if f.AutoEnable == "ALL" {
				p.On[account][f.Name] = true
			}
		}
	}
	return struct{}{}, nil
}

func (w *World) guardDutyMembers(c call) (any, error) {
	p, err := w.administrator("guardduty", guardDutyWords(), c)
	if err != nil {
		return nil, err
	}
	page, next := pageOf(p.Members, c.query.Get("nextToken"))
	list := []any{}
	for _, account := range page {
		list = append(list, map[string]any{
			"accountId": account, "relationshipStatus": p.Members[account], "masterId": c.account, "administratorId": c.account,
			"email": account + "@example.org", "updatedAt": "2026-01-01T00:00:00Z",
		})
	}
	out := map[string]any{"members": list}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

func (w *World) guardDutyEnrol(c call) (any, error) {
	p, err := w.administrator("guardduty", guardDutyWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Details []struct {
			Account string `json:"accountId"`
			Email   string `json:"email"`
		} `json:"accountDetails"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	if len(in.Details) > 50 {
		return nil, refuse(
			http.StatusBadRequest,
			"BadRequestException",
			"The request is rejected because more than 50 accounts.",
		)
	}
	rejected := []any{}
	for _, d := range in.Details {
		if reason := w.guardDutyJoin(p, d.Account, d.Email); reason != "" {
			rejected = append(rejected, map[string]any{"accountId": d.Account, "result": reason})
		}
	}
	return map[string]any{"unprocessedAccounts": rejected}, nil
}

// guardDutyJoin makes an account a member, or one that can be invited, or says why not.
func (w *World) guardDutyJoin(p *place, account, email string) string {
	switch {
	case !w.has(account) && email != "":
		p.named(account)
		return ""
	case !w.has(account):
		return "The request is rejected because the account is not in the organization."
	case w.org.Suspended[account]:
		return "The request is rejected because the account is suspended."
	case account == w.options.Management && p.On[account] == nil:
		return "The request failed because the organization master must first enable GuardDuty to be added as a member."
	}
	p.Members[account] = "Enabled"
	if p.On[account] == nil {
		p.On[account] = map[string]bool{}
	}
	for _, plan := range guardDutyPlans() {
		if p.Set[plan] == "ALL" {
			p.On[account][plan] = true
		}
	}
	return ""
}

func (w *World) guardDutyOn(c call) (any, error) {
	p, err := w.administrator("guardduty", guardDutyWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Accounts []string `json:"accountIds"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	list := []any{}
	for _, account := range in.Accounts {
		if p.Members[account] != "" {
			list = append(list, map[string]any{"accountId": account, "features": statuses(p.On[account])})
		}
	}
	return map[string]any{"members": list, "unprocessedAccounts": []any{}}, nil
}
