package securityhub

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
)

// getRequest is the input of GetFindings.
type getRequest struct {
	Filters      map[string]json.RawMessage
	SortCriteria []sortCriterion
	NextToken    string
	MaxResults   *int
}

// sortCriterion names a filter attribute and a direction.
type sortCriterion struct{ Field, SortOrder string }

// getFindings answers one page of what the caller may see and asked for.
func (h *Hub) getFindings(_ context.Context, c call) (any, error) {
	var request getRequest
	if err := c.read(&request); err != nil {
		return nil, err
	}
	size := maxBatch
	if request.MaxResults != nil {
		size = *request.MaxResults
	}
	if size < 1 || size > maxBatch {
		return nil, invalidInput("MaxResults should be 1 to %d, not %d", maxBatch, size)
	}
	match, err := parseFilters(request.Filters, h.options.Clock())
	if err != nil {
		return nil, err
	}
	order, err := parseOrder(request.SortCriteria)
	if err != nil {
		return nil, err
	}
	digest, err := request.digest(c.caller)
	if err != nil {
		return nil, err
	}
	found := order.rank(h.visible(c.caller, match))
	if request.NextToken != "" {
		last, err := parseToken(request.NextToken, digest)
		if err != nil {
			return nil, err
		}
		found = slices.DeleteFunc(found, func(r ranked) bool { return order.compare(r.Keys, last) <= 0 })
	}
	return page(found, size, digest)
}

// visible returns the findings in the caller's Region that he may see and that match.
func (h *Hub) visible(c caller, match matcher) []document {
	h.mu.Lock()
	defer h.mu.Unlock()
	var found []document
	for _, stored := range h.in(c.region).findings {
		if h.sees(c.account, stored.finding.text("AwsAccountId")) && match(stored.finding) {
			found = append(found, stored.finding)
		}
	}
	return found
}

// page cuts the first findings off and says where the next page begins.
func page(found []ranked, size int, digest string) (any, error) {
	findings := []document{}
	for _, one := range found[:min(size, len(found))] {
		findings = append(findings, one.finding)
	}
	answer := map[string]any{"Findings": findings}
	if len(found) > size {
		token, err := json.Marshal(pageToken{Query: digest, Last: found[size-1].Keys})
		if err != nil {
			return nil, fmt.Errorf("encode page token: %w", err)
		}
		answer["NextToken"] = base64.RawURLEncoding.EncodeToString(token)
	}
	return answer, nil
}

// pageToken remembers the last finding of a page by what it was sorted by. So a page stays right when findings before
// it come, go or change meanwhile, as they do when a client updates what it lists.
type pageToken struct {
	Query string
	Last  []sortKey
}

// digest binds a token to the question and to who asked it.
func (r getRequest) digest(c caller) (string, error) {
	question, err := json.Marshal([]any{r.Filters, r.SortCriteria, c.account, c.region})
	if err != nil {
		return "", fmt.Errorf("encode query: %w", err)
	}
	sum := sha256.Sum256(question)
	return hex.EncodeToString(sum[:8]), nil
}

// parseToken returns where the next page begins, if the token was made for this question.
func parseToken(text, digest string) ([]sortKey, error) {
	var token pageToken
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err == nil {
		err = unmarshal(data, &token)
	}
	if err != nil || token.Query != digest {
		return nil, invalidInput("NextToken does not belong to this request")
	}
	return token.Last, nil
}

// sortKey is one value to sort by: a number, or else a text.
type sortKey struct {
	Number float64
	Text   string
}

// ranked is a finding with everything it is sorted by.
type ranked struct {
	finding document
	Keys    []sortKey
}

// order is a total order of findings: the criteria asked for, then the identifier.
type order struct {
	paths      []string
	descending []bool
}

// parseOrder refuses attributes without a place in an order, and ends with the identifier to make the order total.
func parseOrder(criteria []sortCriterion) (order, error) {
	var parsed order
	for _, criterion := range criteria {
		found, ok := attributeOf(criterion.Field)
		if !ok || found.path == "" || found.kind == kindMap {
			return order{}, invalidInput("SortCriteria.Field %q is not an attribute to sort by", criterion.Field)
		}
		if !slices.Contains([]string{"", "asc", "desc"}, criterion.SortOrder) {
			return order{}, invalidInput("SortCriteria.SortOrder should be asc or desc")
		}
		parsed.paths = append(parsed.paths, found.path)
		parsed.descending = append(parsed.descending, criterion.SortOrder == "desc")
	}
	parsed.paths = append(parsed.paths, "Id", "ProductArn")
	parsed.descending = append(parsed.descending, false, false)
	return parsed, nil
}

// rank sorts findings and keeps the keys for the page token.
func (o order) rank(findings []document) []ranked {
	sorted := make([]ranked, 0, len(findings))
	for _, finding := range findings {
		one := ranked{finding: finding}
		for _, path := range o.paths {
			one.Keys = append(one.Keys, finding.sortKey(path))
		}
		sorted = append(sorted, one)
	}
	slices.SortFunc(sorted, func(a, b ranked) int { return o.compare(a.Keys, b.Keys) })
	return sorted
}

// compare looks at one key after the other; numbers come before texts.
func (o order) compare(a, b []sortKey) int {
	for index := range o.paths {
		result := cmp.Or(cmp.Compare(a[index].Number, b[index].Number), cmp.Compare(a[index].Text, b[index].Text))
		if o.descending[index] {
			result = -result
		}
		if result != 0 {
			return result
		}
	}
	return 0
}

// sortKey is the first value at a path; an absent one sorts first.
func (d document) sortKey(path string) sortKey {
	for _, value := range d.values(path) {
		switch typed := value.(type) {
		case json.Number:
			number, err := typed.Float64()
			if err == nil {
				return sortKey{Number: number}
			}
		case string:
			return sortKey{Text: typed}
		}
	}
	return sortKey{}
}
