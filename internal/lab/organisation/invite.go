package organisation

// named makes an account outside of the organisation one that can be invited; one that is further stays so.
func (p *place) named(account string) {
	if p.Members[account] == "" {
		p.Members[account] = "Created"
	}
}

// invite asks accounts that were named to be members of a service, and returns those that were not named.
func (p *place) invite(accounts []string) (unknown []string) {
	for _, account := range accounts {
		switch p.Members[account] {
		case "Created", "Invited":
			p.Members[account] = "Invited"
		default:
			unknown = append(unknown, account)
		}
	}
	return unknown
}

// invited are the invitations that the caller has got from the administrator of a service, in the words of the service.
func (w *World) invited(service string, c call, account, id string) []any {
	p := w.in(service, c.region)
	if p.Members[c.account] != "Invited" {
		return []any{}
	}
	return []any{map[string]any{account: p.Administrator, id: "invitation-" + c.account}}
}

// accept makes the caller a member, if it has been invited by that account.
func (w *World) accept(service string, d dialect, c call, administrator, id string) error {
	p := w.in(service, c.region)
	if p.Members[c.account] != "Invited" || p.Administrator != administrator || id != "invitation-"+c.account {
		return d.no(d.invalid, "The request is rejected because there is no such invitation.")
	}
	p.Members[c.account] = "Enabled"
	return nil
}

func (w *World) guardDutyInvite(c call) (any, error) {
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
	rejected := []any{}
	for _, account := range p.invite(in.Accounts) {
		rejected = append(rejected, map[string]any{"accountId": account, "result": "The account is not a member."})
	}
	return map[string]any{"unprocessedAccounts": rejected}, nil
}

func (w *World) guardDutyAccept(c call) (any, error) {
	var in struct {
		Administrator string `json:"administratorId"`
		ID            string `json:"invitationId"`
	}
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return struct{}{}, w.accept("guardduty", guardDutyWords(), c, in.Administrator, in.ID)
}

func (w *World) hubInvite(c call) (any, error) {
	p, err := w.administrator("securityhub", securityHubWords(), c)
	if err != nil {
		return nil, err
	}
	var in struct{ AccountIDs []string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	rejected := []any{}
	for _, account := range p.invite(in.AccountIDs) {
		rejected = append(rejected, map[string]any{"AccountId": account, "ProcessingResult": "The account is not a member."})
	}
	return map[string]any{"UnprocessedAccounts": rejected}, nil
}

func (w *World) hubAccept(c call) (any, error) {
	var in struct{ AdministratorID, InvitationID string }
	if err := c.read(&in); err != nil {
		return nil, err
	}
	return struct{}{}, w.accept("securityhub", securityHubWords(), c, in.AdministratorID, in.InvitationID)
}
