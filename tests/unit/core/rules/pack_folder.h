#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace sekimori {

// An empty folder of the running test, gone afterwards.
class PackFolder : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto* const info = ::testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path{::testing::TempDir()} /
              (std::string{info->test_suite_name()} + "_" + info->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "rules" / "sub");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream{folder_ / name} << text;
  }
  // One that matches a session whose observer is `observer`.
  static std::string rule(const std::string& id_tail, const std::string& observer = "x") {
    return "title: t\nid: 0f8fad5b-d9cb-469f-a165-7086772895" + id_tail +
           "\nstatus: test\nlevel: low\nlogsource: {product: sekimori, category: session}\n"
           "detection: {s: {observer.name: " +
           observer + "}, condition: s}\n";
  }

  std::filesystem::path folder_;
};

}  // namespace sekimori
