package securityhub

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// The documented limits of a batch, in findings, and of a finding, in bytes.
const (
	maxBatch   = 100
	maxFinding = 240 << 10
)

// importError is why one finding of a batch was not taken.
type importError struct {
	ID           string `json:"Id"`
	ErrorCode    string
	ErrorMessage string
}

// identifier is the key of a finding.
type identifier struct {
	ID         string `json:"Id"`
	ProductArn string
}

// identifier is the key under which a finding is stored.
func (d document) identifier() identifier {
	return identifier{ID: d.text("Id"), ProductArn: d.text("ProductArn")}
}

// batchImportFindings takes findings one by one: a bad one does not keep the others out.
func (h *Hub) batchImportFindings(ctx context.Context, c call) (any, error) {
	var request struct{ Findings []document }
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if len(request.Findings) == 0 || len(request.Findings) > maxBatch {
		return nil, invalidInput("Findings must hold 1 to %d findings, not %d", maxBatch, len(request.Findings))
	}
	failed := []importError{}
	var changed []document
	for _, finding := range request.Findings {
		stored, failure := h.importOne(c.caller, finding)
		switch {
		case failure != nil:
			failed = append(failed, *failure)
		case stored != nil:
			changed = append(changed, stored)
		}
	}
	if err := h.announce(ctx, c.region, changed); err != nil {
		return nil, err
	}
	return map[string]any{
		"FailedCount":    len(failed),
		"SuccessCount":   len(request.Findings) - len(failed),
		"FailedFindings": failed,
	}, nil
}

// importOne stores a finding and returns what is stored now; nothing at all if Security Hub ignores the update.
func (h *Hub) importOne(c caller, finding document) (document, *importError) {
	refuse := func(code, message string) (document, *importError) {
		return nil, &importError{ID: idOrUnknown(finding), ErrorCode: code, ErrorMessage: message}
	}
	if problem := findingFormat().problem(finding); problem != "" {
		return refuse("InvalidInput", "Finding does not adhere to Amazon Finding Format. "+problem+".")
	}
	if err := h.mayImport(c, finding); err != nil {
		return refuse(err.code, err.message)
	}
	if finding.size() > maxFinding && isControlFinding(finding) {
		finding = withoutDetails(finding)
	}
	if finding.size() > maxFinding {
		return refuse("InvalidInput", "The finding is larger than 240 KB")
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	findings := h.in(c.region).findings
	key := finding.identifier()
	old := findings[key]
	if old != nil && old.finding.text("AwsAccountId") != finding.text("AwsAccountId") {
		return refuse("InvalidInput", "A finding of another account has this Id already")
	}
	if old != nil && !isNewer(finding, old.finding) {
		return nil, nil
	}
	next := merge(old, complete(finding, c.region, h.now()))
	findings[key] = next
	return next.finding, nil
}

// idOrUnknown fills the Id that an import error must have, even for a finding without one.
func idOrUnknown(finding document) string {
	if id := finding.text("Id"); id != "" {
		return id
	}
	return "unknown"
}

// isNewer says whether an import is later than what is stored. Security Hub silently ignores all others.
func isNewer(finding, stored document) bool {
	next, errNext := time.Parse(time.RFC3339Nano, finding.text("UpdatedAt"))
	last, errLast := time.Parse(time.RFC3339Nano, stored.text("UpdatedAt"))
	return errNext == nil && errLast == nil && next.After(last)
}

// mayImport checks where a finding claims to come from. The codes of its answers are those of import errors, not of
// exceptions.
func (h *Hub) mayImport(c caller, finding document) *apiError {
	account, arn := finding.text("AwsAccountId"), finding.text("ProductArn")
	product, err := parseProduct(arn)
	if err != nil {
		return denied("InvalidInput", "%v", err)
	}
	if product.region != c.region || product.partition != partition(c.region) {
		return denied("InvalidInput", "ProductArn %s is not a product in %s", arn, c.region)
	}
	if !h.isEnabled(caller{account: account, region: c.region}) {
		return denied("InvalidAccess", "Account %s is not subscribed to AWS Security Hub", account)
	}
	return h.mayWrite(c, product, account)
}

// mayWrite applies the rules of the package comment: who may write findings of a product for an account.
func (h *Hub) mayWrite(c caller, p product, account string) *apiError {
	switch {
	case p.account != "" && (p.account != account || account != c.account):
		return denied("InvalidAccess", "The product of account %s takes only findings of, and from, that account",
			p.account)
	case p.account != "":
		return nil
	case p.company != "aws" && account == c.account && h.takes(c, p):
		return nil
	case p.company != "aws":
		return denied("InvalidAccess", "Account %s is not subscribed to product %s/%s", account, p.company, p.name)
	case !c.root() || !h.sees(c.account, account):
		return denied("InvalidAccess", "%s may not write findings of aws/%s in account %s",
			c.principal, p.name, account)
	}
	return nil
}

// takes tells that the caller's account has subscribed to a product.
func (h *Hub) takes(c caller, p product) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.subscribed(c)[subscription(c, p)]
}

// denied says why a finding is not taken. The request as a whole still succeeds.
func denied(code, format string, args ...any) *apiError {
	return &apiError{code: code, status: http.StatusOK, message: fmt.Sprintf(format, args...)}
}
