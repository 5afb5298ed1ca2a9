package securityhub

import (
	"context"
)

// unprocessed is why one finding of an update was left alone.
type unprocessed struct {
	FindingIdentifier identifier
	ErrorCode         string
	ErrorMessage      string
}

// batchUpdateFindings changes the customer's fields of findings. Every finding that changed is announced, which is
// how an engine hears its own updates.
func (h *Hub) batchUpdateFindings(ctx context.Context, c call) (any, error) {
	var request struct{ FindingIdentifiers []identifier }
	if err := c.read(&request); err != nil {
		return nil, err
	}
	if count := len(request.FindingIdentifiers); count == 0 || count > maxBatch {
		return nil, invalidInput("FindingIdentifiers must hold 1 to %d identifiers, not %d", maxBatch, count)
	}
	var fields document
	if err := c.read(&fields); err != nil {
		return nil, err
	}
	delete(fields, "FindingIdentifiers")
	if err := checkUpdate(fields); err != nil {
		return nil, err
	}
	processed, skipped := []identifier{}, []unprocessed{}
	var changed []document
	seen := map[identifier]bool{}
	for _, key := range request.FindingIdentifiers {
		finding, failure := h.updateOne(c.caller, key, fields, seen)
		if failure != nil {
			skipped = append(skipped, *failure)
			continue
		}
		processed, changed = append(processed, key), append(changed, finding)
	}
	if err := h.announce(ctx, c.region, changed); err != nil {
		return nil, err
	}
	return map[string]any{"ProcessedFindings": processed, "UnprocessedFindings": skipped}, nil
}

// updateOne changes one finding and returns what is stored now. What the caller may not see does not exist for him.
func (h *Hub) updateOne(
	c caller, key identifier, fields document, seen map[identifier]bool,
) (document, *unprocessed) {
	refuse := func(code, message string) (document, *unprocessed) {
		return nil, &unprocessed{FindingIdentifier: key, ErrorCode: code, ErrorMessage: message}
	}
	if _, err := parseProduct(key.ProductArn); err != nil || key.ID == "" {
		return refuse("InvalidInput", "Invalid Input")
	}
	if seen[key] {
		return refuse("DuplicatedFindingIdentifier", "Finding Identifier is duplicated")
	}
	seen[key] = true
	h.mu.Lock()
	defer h.mu.Unlock()
	findings := h.in(c.region).findings
	stored := findings[key]
	if stored == nil || !h.sees(c.account, stored.finding.text("AwsAccountId")) {
		return refuse("FindingNotFound", "Finding Not Found")
	}
	next := stored.update(fields, h.now())
	if next.finding.size() > maxFinding {
		return refuse("FindingSizeExceeded", "Finding size exceeded 240 KB")
	}
	findings[key] = next
	return next.finding, nil
}

// update applies checked fields to a copy. UpdatedAt belongs to the provider and stays.
func (r *record) update(fields document, now string) *record {
	next := &record{finding: r.finding.clone(), customer: map[string]bool{}}
	for name := range r.customer {
		next.customer[name] = true
	}
	for name, value := range fields {
		next.customer[name] = true
		switch name {
		case "Note": // there is one note, an update replaces it
			next.finding[name] = fields.with(name, "UpdatedAt", now)
		case "Severity":
			next.finding[name] = updateSeverity(next.finding.object(name), fields.object(name))
		default:
			next.finding[name] = value
		}
	}
	return next
}

// updateSeverity keeps what is not mentioned, but a new label voids the old number and the reverse.
func updateSeverity(old, fields document) map[string]any {
	next := map[string]any{}
	for name, value := range old {
		if name != "Label" && name != "Normalized" {
			next[name] = value
		}
	}
	if fields["Label"] == nil && fields["Normalized"] == nil {
		next["Label"], next["Normalized"] = old["Label"], old["Normalized"]
	}
	for name, value := range fields {
		next[name] = value
	}
	return fillSeverity(next)
}
