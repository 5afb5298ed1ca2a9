package organisation

import "net/http"

func macieWords() dialect {
	return dialect{denied: "AccessDeniedException", conflict: "ConflictException", invalid: "ValidationException"}
}

// macie are the operations of Amazon Macie for an organization, and sessions as far as they need them.
func (w *World) macie() *http.ServeMux {
	mux := http.NewServeMux()
	w.route(mux, "GET /admin", w.macieAdmins)
	w.route(mux, "POST /admin", w.macieName)
	w.route(mux, "DELETE /admin", func(c call) (any, error) {
		return struct{}{}, w.dismiss("macie2", macieWords(), c, c.query.Get("adminAccountId"))
	})
	w.route(mux, "POST /jobs/list", w.held("macie2", "job", "items", "name"))
	w.route(mux, "GET /macie", w.macieSession)
	w.route(mux, "POST /macie", w.macieEnable)
	w.route(mux, "PATCH /macie", w.macieResume)
	w.route(mux, "GET /admin/configuration", w.macieConfiguration)
	w.route(mux, "PATCH /admin/configuration", w.macieConfigure)
	w.route(mux, "GET /members", w.macieMembers)
	w.route(mux, "POST /members", w.macieEnrol)
	return mux
}

func (w *World) macieAdmins(c call) (any, error) {
	if err := w.asked(macieWords(), c); err != nil {
		return nil, err
	}
	list := []any{}
	if p := w.in("macie2", c.region); p.Administrator != "" {
		list = append(list, map[string]any{"accountId": p.Administrator, "status": "ENABLED"})
	}
	return map[string]any{"adminAccounts": list}, nil
}

// macieName switches Macie on for the administrator, unless that is the management account itself.
func (w *World) macieName(c call) (any, error) {
	var in struct {
		Account string `json:"adminAccountId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p := w.in("macie2", c.region)
	if in.Account == w.options.Management && p.On[in.Account] == nil {
		return nil, refuse(http.StatusBadRequest, "ValidationException", "Macie is not enabled for the management account.")
	}
	if err := w.name("macie2", "macie.amazonaws.com", macieWords(), c, in.Account); err != nil {
		return nil, err
	}
	if p.On[in.Account] == nil {
		p.On[in.Account] = map[string]bool{}
	}
	return struct{}{}, nil
}

func macieOff() error {
	return refuse(http.StatusForbidden, "AccessDeniedException", "Macie is not enabled")
}

func (w *World) macieSession(c call) (any, error) {
	on := w.in("macie2", c.region).On[c.account]
	if on == nil {
		return nil, macieOff()
	}
	status := "ENABLED"
	if on["paused"] {
		status = "PAUSED"
	}
	return map[string]any{"status": status, "findingPublishingFrequency": "FIFTEEN_MINUTES"}, nil
}

func (w *World) macieEnable(c call) (any, error) {
	p := w.in("macie2", c.region)
	if p.On[c.account] != nil {
		return nil, refuse(http.StatusConflict, "ConflictException", "Macie has already been enabled")
	}
	p.On[c.account] = map[string]bool{}
	return struct{}{}, nil
}

func (w *World) macieResume(c call) (any, error) {
	var in struct{ Status string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	on := w.in("macie2", c.region).On[c.account]
	if on == nil {
		return nil, macieOff()
	}
	if delete(on, "paused"); in.Status == "PAUSED" {
		on["paused"] = true
	}
	return struct{}{}, nil
}

func (w *World) macieConfiguration(c call) (any, error) {
	p, err := w.administrator("macie2", macieWords(), c)
	if err != nil {
		return nil, err
	}
	return map[string]any{"autoEnable": p.Set["auto"] == true, "maxAccountLimitReached": false}, nil
}

func (w *World) macieConfigure(c call) (any, error) {
	p, err := w.administrator("macie2", macieWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Auto bool `json:"autoEnable"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	p.Set["auto"] = in.Auto
	return struct{}{}, nil
}

func (w *World) macieMembers(c call) (any, error) {
	p, err := w.administrator("macie2", macieWords(), c)
	if err != nil {
		return nil, err
	}
	page, next := pageOf(p.Members, c.query.Get("nextToken"))
	list := []any{}
	for _, account := range page {
		list = append(list, map[string]any{
			"accountId": account, "relationshipStatus": p.Members[account], "administratorAccountId": c.account,
		})
	}
	out := map[string]any{"members": list}
	if next != "" {
		out["nextToken"] = next
	}
	return out, nil
}

// macieEnrol takes one account at a time. In the management account Macie switches itself on for nobody.
func (w *World) macieEnrol(c call) (any, error) {
	p, err := w.administrator("macie2", macieWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct {
		Account struct {
			ID    string `json:"accountId"`
			Email string `json:"email"`
		} `json:"account"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	account, words := in.Account.ID, macieWords()
	switch {
	case !w.active(account):
		return nil, words.no(words.invalid, "Account %s is not an active member of the organization", account)
	case in.Account.Email == "":
		return nil, words.no(words.invalid, "The email address is missing")
	case account == w.options.Management && p.On[account] == nil:
		return nil, words.no(words.invalid, "Macie is not enabled for the management account")
	case p.Members[account] != "":
		return nil, refuse(http.StatusConflict, words.conflict, "The account is already a member")
	}
	p.Members[account] = "Enabled"
	if p.On[account] == nil {
		p.On[account] = map[string]bool{}
	}
	arn := "arn:" + w.partition() + ":macie2:" + c.region + ":" + c.account + ":member/" + account
	return map[string]any{"arn": arn}, nil
}
