#pragma once

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>

#include <string>
#include <vector>

namespace packwarden {

// The metrics of one scrape: families in their order, each with its values. One thread at a time.
class MetricList {
 public:
  using Labels = std::vector<prometheus::ClientMetric::Label>;

  // Begins a family; add() goes to the last one that was begun.
  MetricList& counter(std::string name, std::string help);
  MetricList& gauge(std::string name, std::string help);
  MetricList& histogram(std::string name, std::string help);

  template <class Number>
  MetricList& add(Number value, Labels labels = {}) {
    return add_double(static_cast<double>(value), std::move(labels));
  }
  MetricList& add(const prometheus::Histogram& histogram, Labels labels);

  // In Prometheus' text format.
  std::string text() const;

 private:
  MetricList& begin(std::string name, std::string help, prometheus::MetricType type);
  MetricList& add_double(double value, Labels labels);

  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace packwarden
